import type { AdminIdentity } from '../core/http/request-context.js';
import type { StoredPassword } from './password-hasher.js';

/** The administrator in force, from wherever it is kept. */
export interface Admin {
  readonly username: string;
  readonly password: StoredPassword;
  /** Changes with the password; a token names the one under which it was issued. */
  readonly epoch: string;
  /** The one login that outlived the last change of the password: the one that made it. */
  readonly keptSession: string | null;
  readonly createdAt: Date | null;
  /** Whether the record is v1's, which is read and never written. */
  readonly isV1: boolean;
}

/** One login of the administrator. */
export interface AdminSession extends AdminIdentity {
  readonly sessionId: string;
}
