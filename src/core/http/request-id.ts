import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** The header by which every answer names its request; the ledger and the attempt log use the same id. */
export const REQUEST_ID_HEADER = 'x-relay-request-id';

/** A new id: `req_` and 32 hex digits. Never taken from a client, which could make two requests share one. */
export function createRequestId(): string {
  return `req_${randomBytes(16).toString('hex')}`;
}

/** For Fastify's `genReqId`: the id also stands on Node's request, where the request logger reads it. */
export function assignRequestId(request: object): string {
  const id = createRequestId();
  Object.assign(request as IncomingMessage, { id });
  return id;
}
