import { applyDecorators, HttpCode, Post, type Type, UseInterceptors } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiOperation } from '@nestjs/swagger';
import { ApiLookupAnswer, ApiLookupError } from './dto/lookup-answer.dto.js';
import { FailedLookups } from './failed-lookups.interceptor.js';

/** A key and thirty ids fit many times. */
const BODY_LIMIT_BYTES = 16 * 1024;

interface LookupRouteOptions {
  readonly summary: string;
  /** In brackets: a list of them. */
  readonly answer: Type | readonly [Type];
  readonly says: string;
}

/** A look-up that names keys in its body: small bodies, and few that do not exist. */
export const LookupRoute = (path: string, { summary, answer, says }: LookupRouteOptions): MethodDecorator =>
  applyDecorators(
    Post(path),
    HttpCode(200),
    RouteConfig({ bodyLimitBytes: BODY_LIMIT_BYTES }),
    UseInterceptors(FailedLookups),
    ApiOperation({ summary }),
    ApiLookupAnswer(answer, says),
    ApiLookupError(400, 'A field is missing, unknown or has a value that is not allowed.'),
    ApiLookupError(413, 'The body is larger than 16 KiB.'),
  );

/** Documents how a key that is named can be none. */
export const NamesOneKey = (): MethodDecorator =>
  applyDecorators(
    ApiLookupError(401, 'There is no such key, or it is disabled or has expired (by `apiKey`).'),
    ApiLookupError(403, 'The key is disabled, deleted or has expired (by `apiId`).'),
    ApiLookupError(404, 'There is no key with this id.'),
  );
