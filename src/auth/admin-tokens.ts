import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { AppConfig } from '../core/config/app-config.js';
import type { Admin } from './admin.js';

/** One algorithm, named on both sides: a token cannot choose how it is verified. */
export const TOKEN_ALGORITHM = 'HS256';
export const TOKEN_ISSUER = 'claude-relay-service';
export const TOKEN_AUDIENCE = 'claude-relay-service/admin';

/** What a token says. */
export interface AdminClaims {
  readonly username: string;
  /** The login that it came from. */
  readonly sessionId: string;
  /** The password's epoch at that time. */
  readonly epoch: string;
}

export interface IssuedToken {
  readonly token: string;
  /** Seconds. */
  readonly expiresIn: number;
}

/** Issues the tokens of administrators. */
@Injectable()
export class AdminTokens {
  constructor(
    private readonly jwt: JwtService,
    private readonly config: AppConfig,
  ) {}

  /** A token for a new login. */
  issue({ username, epoch }: Pick<Admin, 'username' | 'epoch'>): IssuedToken {
    const expiresIn = Math.max(1, Math.floor(this.config.admin.sessionTtlMs / 1000));
    const claims = { sid: randomBytes(16).toString('hex'), epoch };
    return { token: this.jwt.sign(claims, { subject: username, expiresIn }), expiresIn };
  }
}

/** What a verified token says; null when it is one of ours but not of this form. */
export function readClaims(payload: unknown): AdminClaims | null {
  if (typeof payload !== 'object' || payload === null) return null;
  const { sub, sid, epoch } = payload as Record<string, unknown>;
  if (typeof sub !== 'string' || typeof sid !== 'string' || typeof epoch !== 'string') return null;
  return { username: sub, sessionId: sid, epoch };
}

/** Never used before, so that no token of an earlier password can come back to life. */
export function createEpoch(): string {
  return randomBytes(8).toString('hex');
}
