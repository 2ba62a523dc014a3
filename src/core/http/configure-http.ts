import { MethodNotAllowedException, NotFoundException } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import type { AppConfig } from '../config/app-config.js';
import { hasAnswerHeaders, setAnswerHeaders } from './answer-headers.js';
import { registerBodyParsers } from './body-parsers.js';
import { KnownRoutes } from './known-routes.js';
import { REQUEST_ID_HEADER } from './request-id.js';
import { pathOf } from './request-path.js';
import { RouteAccessCheck } from './route-access.check.js';
import { endSilentConnections } from './silent-connections.js';
import { registerWebSocketRefusal } from './websocket-refusal.js';

/** Anyone's page may call; there are no cookies that could speak for a user. */
const CORS = {
  origin: '*',
  methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
  exposedHeaders: [REQUEST_ID_HEADER, 'request-id', 'retry-after'],
  maxAge: 86_400,
};

/**
 * Everything that must be set on Fastify itself. Call it once, after `NestFactory.create(module, createHttpAdapter(config),
 * { bodyParser: false })` and before `init` or `listen`: hooks and limits only apply to routes registered later.
 */
export function configureHttp(app: NestFastifyApplication, config: AppConfig): void {
  app.get(RouteAccessCheck, { strict: false }).declareAll();
  const fastify: FastifyInstance = app.getHttpAdapter().getInstance();
  fastify.decorateRequest('principal', null);
  fastify.decorateRequest('outcome', null);
  registerResponseHeaders(fastify);
  endSilentConnections(fastify);
  registerWebSocketRefusal(fastify);
  registerUnknownRoutes(fastify);
  registerBodyParsers(fastify, config.http.bodyLimitBytes);
  if (config.http.cors) app.enableCors(CORS);
}

function registerResponseHeaders(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    setAnswerHeaders(request, reply);
    done();
  });
  fastify.addHook('onSend', (request, reply, _payload, done) => {
    // Answers that another hook gave before ours ran (a CORS preflight, a refusal while closing).
    if (!hasAnswerHeaders(reply)) setAnswerHeaders(request, reply);
    // Fastify closes the connection under a body that is too large. A client that is still sending may then see a reset
    // instead of the answer, so the rest is read and dropped (within the request timeout).
    if (reply.statusCode === 413) reply.removeHeader('connection');
    done();
  });
}

/** Answers for a path that nobody serves before its body is read. */
function registerUnknownRoutes(fastify: FastifyInstance): void {
  const known = new KnownRoutes();
  fastify.addHook('onRoute', (route) => {
    known.add(route.method, route.url);
  });
  fastify.addHook('onRequest', (request, reply, done) => {
    if (!request.is404) {
      done();
      return;
    }
    const path = pathOf(request.url);
    const allowed = known.methodsOf(path).join(', ');
    if (allowed === '') {
      done(new NotFoundException(`There is no route ${request.method} ${path}.`));
      return;
    }
    reply.header('allow', allowed);
    done(new MethodNotAllowedException(`${request.method} is not allowed on ${path}; allowed: ${allowed}.`));
  });
}
