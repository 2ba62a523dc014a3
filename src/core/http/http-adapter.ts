import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { AppConfig } from '../config/app-config.js';
import { setAnswerHeaders } from './answer-headers.js';
import { API_BODY_LIMIT_BYTES } from './body-parsers.js';
import { answerClientError } from './client-error.js';
import { assignRequestId } from './request-id.js';

/** A client that has not finished its headers by then is not one. */
const HEADERS_TIMEOUT_MS = 30_000;
/** Longer than the usual idle timeout of a load balancer (60 s), so that it never reuses a connection we just closed. */
const KEEP_ALIVE_TIMEOUT_MS = 75_000;
/** Time to receive a whole request: bounds a client that trickles, lets a large body over a slow line through. */
const MIN_REQUEST_TIMEOUT_MS = 600_000;

/** The proxy that connects to us, and nobody before it: what a client sends as `x-forwarded-for` stands further left. */
const isOurProxy = (_address: string, hop: number): boolean => hop === 0;

/** The HTTP server's own settings. Nothing here bounds the time of an answer: streams may be long and silent. */
export function createHttpAdapter(config: AppConfig): FastifyAdapter {
  return new FastifyAdapter({
    trustProxy: config.http.trustProxy && isOurProxy,
    genReqId: assignRequestId,
    bodyLimit: API_BODY_LIMIT_BYTES,
    connectionTimeout: 0,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    requestTimeout: Math.max(MIN_REQUEST_TIMEOUT_MS, config.relay.requestTimeoutMs),
    http: { headersTimeout: HEADERS_TIMEOUT_MS },
    // The router refuses a malformed URL before any hook runs.
    frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
      setAnswerHeaders(request, reply);
      request.server.errorHandler(error, request, reply);
    },
    clientErrorHandler: answerClientError,
  });
}
