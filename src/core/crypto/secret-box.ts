import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AppConfig } from '../config/app-config.js';

const ALGORITHM = 'aes-256-cbc';
const KEY_BYTES = 32;
const IV_BYTES = 16;
/** `hex(iv):hex(ciphertext)`, the ciphertext being whole blocks. */
const SEALED = /^([0-9a-f]{32}):((?:[0-9a-f]{32})+)$/i;

/** What seal() may have written, however damaged since. */
const LOOKS_SEALED = /^[0-9a-f]{32}:(?:[0-9a-f]{2})*$/i;

/** What becomes of a stored text that was never sealed: itself (v1's console accounts), or nothing. */
export type Undecryptable = 'as_is' | 'empty';

/**
 * Seals the secrets of accounts in v1's format: AES-256-CBC under scrypt(encryption key, salt), written as
 * `hex(iv):hex(ciphertext)`. The format carries no tag, so it hides a secret but does not prove that nobody changed it.
 */
@Injectable()
export class SecretBox {
  private readonly password: string;
  /** One derivation takes tens of milliseconds, and there is one salt per kind of account. */
  private readonly keyBySalt = new Map<string, Buffer>();

  constructor(config: AppConfig) {
    this.password = config.encryptionKey;
  }

  /** An empty text stays empty. */
  seal(plain: string, salt: string): string {
    if (plain === '') return '';
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(ALGORITHM, this.keyFor(salt), iv);
    const sealed = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
    return `${iv.toString('hex')}:${sealed.toString('hex')}`;
  }

  /**
   * The plain text; empty when the text was sealed with another key or is damaged. `undecryptable` decides about a text
   * that does not look sealed.
   *
   * Deliberately unlike v1, which gives such a text of a console account back as well: with a wrong encryption key it
   * would send the sealed text to the upstream as the account's key.
   */
  open(text: string, salt: string, undecryptable: Undecryptable): string {
    return this.find(text, salt) ?? (undecryptable === 'as_is' && !LOOKS_SEALED.test(text) ? text : '');
  }

  /** The plain text, or null when it cannot be opened. */
  private find(text: string, salt: string): string | null {
    const [, iv, sealed] = SEALED.exec(text) ?? [];
    if (iv === undefined || sealed === undefined) return null;
    try {
      const decipher = createDecipheriv(ALGORITHM, this.keyFor(salt), Buffer.from(iv, 'hex'));
      const bytes = Buffer.concat([decipher.update(sealed, 'hex'), decipher.final()]);
      // About one wrong key in 256 passes the padding check; what it gives is hardly ever UTF-8.
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      return null;
    }
  }

  private keyFor(salt: string): Buffer {
    const known = this.keyBySalt.get(salt);
    if (known !== undefined) return known;
    const key = scryptSync(this.password, salt, KEY_BYTES);
    this.keyBySalt.set(salt, key);
    return key;
  }
}
