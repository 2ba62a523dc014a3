import type { StoreTransaction } from '../script.js';
import { addDecimal } from './decimal.js';
import { addInteger, requireInteger } from './integer.js';
import { endAfter } from './keyspace.js';
import type { Keyspace } from './keyspace.js';
import { invalidExpiry, requireSome, syntaxError } from './reply-error.js';

export class StringCommands implements Pick<StoreTransaction, 'get' | 'mget' | 'set' | 'incrby' | 'incrbyfloat'> {
  constructor(
    private readonly keyspace: Keyspace,
    private readonly now: () => number,
  ) {}

  get(key: string): string | null {
    return this.keyspace.findOfType(key, 'string')?.value ?? null;
  }

  /** A key of another type reads as absent here, as in Redis. */
  mget(...keys: string[]): (string | null)[] {
    requireSome('mget', keys);
    return keys.map((key) => this.keyspace.find(key)?.value ?? null);
  }

  set(key: string, value: string, token?: 'PX', ms?: number, nx?: 'NX'): 'OK' | null {
    const expiresAt = token === undefined ? null : this.expiresAfter(ms);
    if (nx !== undefined && this.keyspace.find(key) !== null) return null;
    this.keyspace.putString(key, value, expiresAt);
    return 'OK';
  }

  incrby(key: string, by: number): number {
    return Number(this.change(key, (text) => addInteger(text, by)));
  }

  incrbyfloat(key: string, by: number): string {
    return this.change(key, (text) => addDecimal(text, by));
  }

  /** Replaces a text (`0` when there is none) and keeps the key's end. */
  private change(name: string, next: (text: string) => string): string {
    const key = this.keyspace.findOfType(name, 'string');
    const value = next(key?.value ?? '0');
    if (key === null) this.keyspace.putString(name, value, null);
    else this.keyspace.setValue(key, value);
    return value;
  }

  private expiresAfter(ms: number | undefined): number {
    if (ms === undefined) throw syntaxError();
    if (requireInteger(ms) <= 0) throw invalidExpiry('set');
    return endAfter(this.now(), ms);
  }
}
