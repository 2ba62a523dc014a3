import type { FastifyInstance } from 'fastify';
import { parseJsonBody } from './json-body.js';

/** Largest body of a route that is not a client's, in bytes. */
export const API_BODY_LIMIT_BYTES = 1024 * 1024;

/**
 * Two kinds of bodies: client routes get the exact bytes, whatever they call themselves (a relayed body is not ours to
 * read or refuse), all other routes a JSON object. Must run before the routes are registered.
 */
export function registerBodyParsers(fastify: FastifyInstance, clientLimitBytes: number): void {
  fastify.addHook('onRoute', (route) => {
    const ofKind = route.config?.access === 'client' ? clientLimitBytes : API_BODY_LIMIT_BYTES;
    route.bodyLimit ??= route.config?.bodyLimitBytes ?? ofKind;
  });
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser<Buffer>('*', { parseAs: 'buffer' }, (request, body, done) => {
    if (request.routeOptions.config.access === 'client') {
      done(null, body);
      return;
    }
    done(null, parseJsonBody(request.headers['content-type'], body));
  });
}
