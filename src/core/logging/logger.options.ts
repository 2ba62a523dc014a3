import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Params } from 'nestjs-pino';
import { type DestinationStream, stdTimeFunctions } from 'pino';
import type { AppConfig } from '../config/app-config.js';
import { pathOf } from '../http/request-path.js';
import { redact } from './redact.js';

type HttpOptions = Exclude<Params['pinoHttp'], undefined | DestinationStream | readonly unknown[]>;

/** nestjs-pino's own default (`{/*splat}`) matches no request on Nest's Fastify adapter. */
const EVERY_ROUTE = '{*splat}';

/** The whole of what a request leaves in the log. */
interface RequestLine {
  readonly method: string | undefined;
  /** Without the query, which may hold a key. */
  readonly path: string;
  readonly status: number;
  readonly ms: number;
  /** The connection ended before the answer did. */
  readonly aborted?: true;
  readonly reason?: string;
}

/**
 * One JSON line per request and per message, each with the request's id; no header, no body and no query string.
 *
 * @param destination standard output, unless given
 */
export const loggerOptions = (config: AppConfig, destination?: DestinationStream): Params => {
  const options = httpOptions(config.logLevel);
  return { pinoHttp: destination === undefined ? options : [options, destination], forRoutes: [EVERY_ROUTE] };
};

const httpOptions = (level: string): HttpOptions => ({
  level,
  timestamp: stdTimeFunctions.isoTime,
  formatters: { level: (label) => ({ level: label }), log: redact },
  // Only the request's id, which the adapter has put on it, is bound to the lines of a request.
  quietReqLogger: true,
  quietResLogger: true,
  serializers: { req: nothing, res: nothing, err: (described: unknown) => described },
  wrapSerializers: false,
  autoLogging: { ignore: isHealthCheck },
  customLogLevel: (_request, response, error) => (error !== undefined || response.statusCode >= 500 ? 'error' : 'info'),
  customSuccessMessage: () => 'request',
  customErrorMessage: () => 'request failed',
  customSuccessObject: (request, response, facts: unknown): RequestLine => line(request, response, facts),
  customErrorObject: (request, response, error, facts: unknown): RequestLine => ({
    ...line(request, response, facts),
    reason: error.message,
  }),
});

const nothing = (): undefined => undefined;

/** Nest takes the matched part off `url` while a middleware runs, which is when pino-http looks at it. */
const pathFrom = (request: IncomingMessage & { readonly originalUrl?: string }): string =>
  pathOf(request.originalUrl ?? request.url ?? '');

const isHealthCheck = (request: IncomingMessage): boolean => /^\/health(\/|$)/.test(pathFrom(request));

/** `facts` is what pino-http would log: it holds the time since the request came. */
const line = (request: IncomingMessage, response: ServerResponse, facts: unknown): RequestLine => ({
  method: request.method,
  path: pathFrom(request),
  status: response.statusCode,
  ms: (facts as { readonly responseTime: number }).responseTime,
  ...(!response.writableFinished && { aborted: true }),
});
