import type { FastifyReply, FastifyRequest } from 'fastify';
import { REQUEST_ID_HEADER } from './request-id.js';
import { pathOf } from './request-path.js';

type Headers = readonly (readonly [name: string, value: string])[];

/** On every answer. */
const COMMON: Headers = [
  ['x-content-type-options', 'nosniff'],
  ['cache-control', 'no-store'],
];

/**
 * What a browser must be told on routes that are not a client's. No strict-transport-security: whether the host's other
 * services speak TLS is known to the proxy that ends it, not here.
 */
const BROWSER: Headers = [
  ['x-frame-options', 'DENY'],
  ['referrer-policy', 'strict-origin-when-cross-origin'],
  ['cross-origin-opener-policy', 'same-origin'],
  ['cross-origin-resource-policy', 'same-origin'],
  ['x-permitted-cross-domain-policies', 'none'],
  ['x-dns-prefetch-control', 'off'],
];

const API_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
/** The API page has inline styles, and pictures inside its style sheet; its scripts are files of this origin. */
const DOCS_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
  "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/**
 * Names the request and says how the answer may be used. Set on Node's response, so that an answer written past Fastify
 * (a hijacked stream) carries them too; a header of the same name set by a handler replaces them.
 */
export function setAnswerHeaders(request: FastifyRequest, reply: FastifyReply): void {
  const { raw: response } = reply;
  response.setHeader(REQUEST_ID_HEADER, request.id);
  for (const [name, value] of COMMON) response.setHeader(name, value);
  if (request.routeOptions.config.access === 'client') return;
  for (const [name, value] of BROWSER) response.setHeader(name, value);
  response.setHeader('content-security-policy', isDocs(pathOf(request.url)) ? DOCS_POLICY : API_POLICY);
}

/** Whether the headers are set, or it is too late to set them. */
export function hasAnswerHeaders(reply: FastifyReply): boolean {
  const { raw: response } = reply;
  return response.headersSent || response.hasHeader(REQUEST_ID_HEADER);
}

function isDocs(path: string): boolean {
  return path === '/docs' || path.startsWith('/docs/');
}
