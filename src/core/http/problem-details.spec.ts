import { describe, expect, it } from '@jest/globals';
import {
  BadRequestException,
  ConflictException,
  HttpException,
  InternalServerErrorException,
  NotFoundException,
} from '@nestjs/common';
import { RelayError, type RelayErrorCode } from '@crs/extension-api';
import { StoreUnavailableError } from '@crs/store';
import { toProblem } from './problem-details.js';
import { ValidationFailedException } from './validation.js';

const CONTEXT = { path: '/api/v2/keys', requestId: 'req_1' };
const INTERNAL_DETAIL = 'Something went wrong here. The log has the cause under the request id.';

/** An error as Fastify makes them. */
const frameworkError = (code: string, statusCode: number): Error =>
  Object.assign(new Error('framework text'), { name: 'FastifyError', code, statusCode });
/** The same after Nest's adapter has wrapped it. */
const wrapped = (code: string, status: number): HttpException =>
  new HttpException('framework text', status, { cause: frameworkError(code, status) });

describe('toProblem', () => {
  it('names type, title, status, detail, path and request', () => {
    const sut = toProblem(new NotFoundException('There is no such key.'), CONTEXT);
    expect(sut).toEqual({
      status: 404,
      headers: { 'content-type': 'application/problem+json; charset=utf-8' },
      body: {
        type: 'about:blank',
        title: 'Not Found',
        status: 404,
        detail: 'There is no such key.',
        instance: '/api/v2/keys',
        requestId: 'req_1',
      },
    });
  });

  it.each<[string, unknown, number, string]>([
    ['a conflict', new ConflictException('Taken.'), 409, 'Taken.'],
    ['a status without a name', new HttpException('Odd.', 499), 499, 'Odd.'],
    ['a thrown 500', new InternalServerErrorException('secret'), 500, INTERNAL_DETAIL],
    ['an unknown error', new Error('secret'), 500, INTERNAL_DETAIL],
    ['something that is no error', 'secret', 500, INTERNAL_DETAIL],
    ['nothing', undefined, 500, INTERNAL_DETAIL],
    [
      'a body too large',
      wrapped('FST_ERR_CTP_BODY_TOO_LARGE', 413),
      413,
      'The request body is larger than this route accepts.',
    ],
    ['a bad URL', wrapped('FST_ERR_BAD_URL', 400), 400, 'The URL is not validly percent-encoded.'],
    ['another framework refusal', wrapped('FST_ERR_OTHER', 406), 406, 'framework text'],
    ['a wrapped error without a code', new HttpException('Text.', 400, { cause: new Error('x') }), 400, 'Text.'],
    ['a framework fault', frameworkError('FST_ERR_HANDLER_TIMEOUT', 503), 503, 'Service Unavailable.'],
    [
      'a bare framework refusal',
      frameworkError('FST_ERR_CTP_BODY_TOO_LARGE', 413),
      413,
      'The request body is larger than this route accepts.',
    ],
    ['a framework 500', frameworkError('FST_ERR_SEND', 500), 500, INTERNAL_DETAIL],
    ['a body that broke off', Object.assign(new Error('aborted'), { statusCode: 400 }), 400, 'Bad Request.'],
    ['an error with a success status', Object.assign(new Error('odd'), { statusCode: 200 }), 500, INTERNAL_DETAIL],
    ['an error with an unknown status', Object.assign(new Error('odd'), { statusCode: 799 }), 500, INTERNAL_DETAIL],
  ])('answers %s', (_, error, status, detail) => {
    const sut = toProblem(error, CONTEXT);
    expect([sut.status, sut.body.status, sut.body.detail]).toEqual([status, status, detail]);
  });

  it('calls a status without a name an error', () => {
    expect(toProblem(new HttpException('Odd.', 499), CONTEXT).body.title).toBe('Error');
  });

  it.each<[RelayErrorCode, number]>([
    ['missing_key', 401],
    ['invalid_key', 401],
    ['permission_denied', 403],
    ['model_not_allowed', 403],
    ['invalid_request', 400],
    ['body_too_large', 413],
    ['not_found', 404],
    ['no_account', 503],
    ['endpoint_missing', 404],
    ['upstream_rate_limited', 429],
    ['upstream_failed', 502],
    ['upstream_timeout', 504],
  ])('answers a relay error %s with %d where no protocol renders it', (code, status) => {
    const sut = toProblem(new RelayError(code, 'Words.'), CONTEXT);
    expect([sut.status, sut.body.detail, sut.headers['retry-after']]).toEqual([status, 'Words.', undefined]);
  });

  it('keeps the status and the wait that a relay error names, and hides an internal one', () => {
    const named = toProblem(
      new RelayError('upstream_failed', 'Away.', { status: 529, retryAfterSeconds: 30 }),
      CONTEXT,
    );
    expect([named.status, named.headers['retry-after']]).toEqual([529, '30']);
    expect(toProblem(new RelayError('internal', 'secret'), CONTEXT).body.detail).toBe(INTERNAL_DETAIL);
  });

  it('says when to come back while the store is away, and nothing of why', () => {
    const sut = toProblem(new StoreUnavailableError('connect ECONNREFUSED 10.0.0.1:6379'), CONTEXT);
    expect([sut.status, sut.headers['retry-after']]).toEqual([503, '1']);
    expect(sut.body.detail).toBe('The store does not answer. Try again in a moment.');
  });

  it('lists fifty refused fields at most, and says that there are more', () => {
    const errors = Array.from({ length: 51 }, (_, index) => ({ field: `f${index}`, message: 'no' }));
    const whole = toProblem(new ValidationFailedException(errors.slice(0, 50)), CONTEXT);
    expect(whole.body.errors).toHaveLength(50);
    expect(whole.body.detail).toMatch(/^50 fields were refused: f0, .*, f49$/);
    const cut = toProblem(new ValidationFailedException(errors), CONTEXT);
    expect(cut.body.errors).toEqual(errors.slice(0, 50));
    expect(cut.body.detail).toMatch(
      /^51 fields were refused: f0, .*, f49 and more \(51 errors, of which the first 50 are listed\)$/,
    );
  });

  it('lists the fields that were refused', () => {
    const errors = [
      { field: 'name', message: 'name must be a string' },
      { field: 'proxy.port', message: 'port must be an integer number' },
      { field: 'proxy.port', message: 'port must not be greater than 65535' },
    ];
    const sut = toProblem(new ValidationFailedException(errors), CONTEXT);
    expect(sut.body.errors).toEqual(errors);
    expect(sut.body.detail).toBe('2 fields were refused: name, proxy.port');
    expect(toProblem(new ValidationFailedException(errors.slice(0, 1)), CONTEXT).body.detail).toBe(
      '1 field was refused: name',
    );
  });

  it.each([[[]], ['name'], [['name']], [[null]], [[{ field: 'name' }]], [[{ field: 1, message: 'x' }]]])(
    'leaves out errors of another form: %j',
    (errors) => {
      expect(toProblem(new BadRequestException({ message: 'Bad.', errors }), CONTEXT).body).not.toHaveProperty(
        'errors',
      );
    },
  );
});
