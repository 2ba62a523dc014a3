import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ErrorRenderer, ErrorRenderers, type RenderedError } from '../../core/http/error-renderers.js';
import { toProblem } from '../../core/http/problem-details.js';
import { LookupRefusal, type LookupError } from './lookup-refusal.js';

const LOOKUP_PATHS = /^\/apiStats(?:\/|$)/;
const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' };

/** Renders every error on the paths of the public look-ups in v1's form, whatever threw it and however early. */
@Injectable()
export class LookupErrorRenderer extends ErrorRenderer implements OnModuleInit {
  constructor(private readonly renderers: ErrorRenderers) {
    super();
  }

  onModuleInit(): void {
    this.renderers.register(this);
  }

  handles(path: string): boolean {
    return LOOKUP_PATHS.test(path);
  }

  render(error: unknown, requestId: string): RenderedError {
    if (error instanceof LookupRefusal) {
      const { retryAfterSeconds } = error;
      const retry = retryAfterSeconds === null ? {} : { 'retry-after': String(retryAfterSeconds) };
      return { status: error.getStatus(), headers: { ...JSON_TYPE, ...retry }, body: error.body };
    }
    const { status, headers, body: problem } = toProblem(error, { path: '', requestId });
    const details = problem.errors?.map(({ message }) => `${message}.`) ?? [problem.detail];
    const body: LookupError = { error: problem.title, message: details.join(' ') };
    return { status, headers: { ...headers, ...JSON_TYPE }, body };
  }
}
