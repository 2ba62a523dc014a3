import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Logger } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { RelayError } from '@crs/extension-api';
import { StoreUnavailableError } from '@crs/store';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { describeError, summarizeError } from './error-log.js';
import { ErrorRenderers, type RenderedError } from './error-renderers.js';
import { toProblem } from './problem-details.js';
import { pathOf } from './request-path.js';

/**
 * The one place where errors become answers, whatever threw them: a hook, the body parser, the router, a guard, a pipe
 * or a handler. The protocol that owns the path renders its own body; every other path gets problem details.
 */
@Catch()
export class GlobalExceptionFilter implements ExceptionFilter {
  private readonly logger = new Logger(GlobalExceptionFilter.name);

  constructor(
    private readonly renderers: ErrorRenderers,
    private readonly adapterHost: HttpAdapterHost,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    if (this.adapterHost.httpAdapter.isHeadersSent(reply)) {
      this.cut(error, request, reply);
      return;
    }
    const rendered = this.render(error, request);
    this.log(error, request, rendered.status);
    this.send(reply, rendered);
  }

  private render(error: unknown, request: FastifyRequest): RenderedError {
    const path = pathOf(request.url);
    return (
      this.renderers.find(path)?.render(error, request.id, path) ?? toProblem(error, { path, requestId: request.id })
    );
  }

  private send(reply: FastifyReply, { status, headers, body }: RenderedError): void {
    const adapter = this.adapterHost.httpAdapter;
    for (const [name, value] of Object.entries(headers)) adapter.setHeader(reply, name, value);
    const isWire = typeof body === 'string' || Buffer.isBuffer(body);
    adapter.reply(reply, isWire ? body : JSON.stringify(body), status);
  }

  /** The answer has begun, so no error can be told any more; a cut connection is the only honest end. */
  private cut(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const { raw: response } = reply;
    if (response.writableEnded || response.destroyed) return;
    this.log(error, request, 500);
    response.destroy();
  }

  private log(error: unknown, request: FastifyRequest, status: number): void {
    const entry = { requestId: request.id, method: request.method, path: pathOf(request.url), status };
    if (status < 500) {
      this.logger.debug({ msg: 'request refused', ...entry });
    } else if (status === 500 || !isMeant(error)) {
      this.logger.error({ msg: 'request failed', ...entry, error: describeError(error) });
    } else {
      this.logger.warn({ msg: 'request failed', ...entry, error: summarizeError(error) });
    }
  }
}

/** Errors of which the place in the code says nothing: they are answers about an upstream, or about the store. */
function isMeant(error: unknown): boolean {
  return error instanceof HttpException || error instanceof RelayError || error instanceof StoreUnavailableError;
}
