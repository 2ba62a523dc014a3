import { randomBytes } from 'node:crypto';

const SECRET_BYTES = 32;

/** A new secret in v1's form: the prefix and 64 lower-case hex digits. */
export const generateSecret = (prefix: string): string => `${prefix}${randomBytes(SECRET_BYTES).toString('hex')}`;
