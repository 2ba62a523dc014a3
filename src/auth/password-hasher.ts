import { createHash, timingSafeEqual } from 'node:crypto';
import { Injectable, ServiceUnavailableException } from '@nestjs/common';
import { argon2id, hash, verify } from 'argon2';
import { compare } from 'bcryptjs';

/** A password as it is kept: hashed (argon2 here, bcrypt in v1), or in plain text in v1's file. */
export interface StoredPassword {
  readonly kind: 'hash' | 'plain';
  readonly text: string;
}

const ARGON2 = { type: argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
const MAX_WAITING = 50;

/**
 * Makes and verifies password hashes, one at a time: hashing runs on the threads that also resolve the upstreams' names,
 * and must not take them all when many try to log in.
 */
@Injectable()
export class PasswordHasher {
  private last: Promise<unknown> = Promise.resolve();
  private waiting = 0;

  /** @throws ServiceUnavailableException when too many wait. */
  hash(password: string): Promise<string> {
    return this.inTurn(() => hash(password, ARGON2));
  }

  /** @throws ServiceUnavailableException when too many wait. */
  verify(stored: StoredPassword, password: string): Promise<boolean> {
    return this.inTurn(async () => {
      if (stored.kind === 'plain') return sameText(stored.text, password);
      if (stored.text.startsWith('$argon2')) return verify(stored.text, password);
      return compare(password, stored.text);
    });
  }

  private async inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.waiting >= MAX_WAITING) throw new ServiceUnavailableException('Too many logins at the moment. Try again.');
    this.waiting += 1;
    const turn = this.last.then(work);
    this.last = turn.catch(() => undefined);
    try {
      return await turn;
    } finally {
      this.waiting -= 1;
    }
  }
}

/** Compares in a time that does not tell how much of the text is right, nor how long it is. */
export function sameText(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
