import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AppConfig } from '../config/app-config.js';

/**
 * What is stored of a client key: lower-case hex of SHA-256 over the secret followed directly by the encryption key, as
 * v1 does. A fast hash is right here, because the secret is 256 random bits.
 */
@Injectable()
export class KeyHash {
  private readonly pepper: string;

  constructor(config: AppConfig) {
    this.pepper = config.encryptionKey;
  }

  of(secret: string): string {
    return createHash('sha256').update(secret, 'utf8').update(this.pepper, 'utf8').digest('hex');
  }
}
