import { RelayError } from '@crs/extension-api';
import { describe, expect, it } from '@jest/globals';
import { StoreUnavailableError } from '@crs/store';
import fc from 'fast-check';
import { testAccount } from '../../../test/support/test-account.ts';
import { testPrincipal } from '../../../test/support/test-principal.ts';
import { testRelayRequest } from '../../../test/support/test-relay-request.ts';
import { testAttemptRecord, testRequestEntry } from '../../../test/support/test-request-entry.ts';
import { testRetryJob } from '../../../test/support/test-retry-job.ts';
import { ClientGoneError, StoppingError } from '../attempt/attempt-failed.error.js';
import type { Served } from '../attempt/retry-handler.js';
import type { RelayAnswer } from '../stream/relay-answer.js';
import { type CallEnding, type EndedCall, isTroubled, newEnding, toRequestEntry } from './request-entry.js';

const account = testAccount({ secret: 'the-secret' });
const selection = { account, sticky: false, strayed: false, recovering: false, slot: null };

const servedWith = (headers: Readonly<Record<string, string>>, kind: 'refusal' | 'local' = 'refusal'): Served => {
  const answer: RelayAnswer = { kind, status: 400, headers, body: Buffer.alloc(0) };
  return { answer, selection };
};

const call = (
  ending: Partial<CallEnding>,
  change: { readonly sentStatus?: number; readonly model?: string } = {},
): EndedCall => {
  const { sentStatus = null, model = 'm' } = change;
  const request = testRelayRequest({ id: 'req_1', model, stream: true, receivedAt: new Date(1_000) });
  const job = testRetryJob({ request, attempts: [testAttemptRecord()] });
  return { job, ending: { ...newEnding(), ...ending }, sentStatus, endedAt: 3_500 };
};

const idWith = (headers: Readonly<Record<string, string>>): string | null =>
  toRequestEntry(call({ end: 'completed', served: servedWith(headers) })).upstreamRequestId;

describe('toRequestEntry', () => {
  it('says what was asked, by whom, and what became of it', () => {
    const served = servedWith({ 'request-id': 'up_1' });
    expect(toRequestEntry(call({ end: 'completed', served }, { sentStatus: 200 }))).toEqual({
      requestId: 'req_1',
      upstreamRequestId: 'up_1',
      at: '1970-01-01T00:00:01.000Z',
      keyId: testPrincipal().keyId,
      model: 'm',
      endpoint: '/api/v1/messages',
      stream: true,
      accountId: account.id,
      end: 'completed',
      status: 200,
      ms: 2_500,
      refusal: null,
      attempts: [testAttemptRecord()],
    });
  });

  it.each<[string, Partial<CallEnding>, number | undefined, object]>([
    [
      'an error of its own',
      { end: 'failed', error: new RelayError('no_account', 'None (1 slots full).') },
      undefined,
      { end: 'failed', status: 503, refusal: { code: 'no_account', message: 'None (1 slots full).' } },
    ],
    [
      'an error with the status of an upstream',
      { end: 'failed', error: new RelayError('upstream_failed', 'x', { status: 529 }) },
      undefined,
      { end: 'failed', status: 529 },
    ],
    [
      'an error behind the head of a stream',
      { end: 'failed', error: new RelayError('upstream_failed', 'x') },
      200,
      { end: 'failed', status: 200, refusal: { code: 'upstream_failed', message: 'x' } },
    ],
    [
      'what nobody foresaw, without its words',
      { end: 'failed', error: new TypeError('secret') },
      undefined,
      { status: 500, refusal: { code: 'internal', message: expect.stringMatching(/^The gateway has failed/) } },
    ],
    [
      'a store that is away',
      { end: 'failed', error: new StoreUnavailableError('secret') },
      undefined,
      { status: 503, refusal: { code: 'internal', message: expect.stringMatching(/^The gateway's store/) } },
    ],
    [
      'a stop before anything was sent',
      { end: 'failed', error: new StoppingError() },
      undefined,
      { status: 503, refusal: { code: 'upstream_failed', message: expect.stringMatching(/restarted/) } },
    ],
    [
      'an upstream that blames the request, without its words',
      { end: 'failed', error: new RelayError('invalid_request', 'secret', { status: 413 }) },
      undefined,
      { status: 413, refusal: { code: 'invalid_request', message: null } },
    ],
    [
      'a refusal of the upstream',
      { end: 'failed', served: servedWith({}) },
      400,
      { end: 'failed', status: 400, refusal: null },
    ],
    [
      'a client that left early',
      { end: 'client_gone', error: new ClientGoneError() },
      undefined,
      { end: 'client_gone', status: null, refusal: null },
    ],
    [
      'a client that left in the middle',
      { end: 'client_gone', served: servedWith({}) },
      200,
      { end: 'client_gone', status: 200 },
    ],
    [
      'a client that left just before its answer',
      { end: 'completed', served: servedWith({}) },
      undefined,
      { end: 'client_gone', status: null },
    ],
    [
      'an answer of its own where no account has the endpoint',
      { end: 'completed', error: new RelayError('endpoint_missing', 'x') },
      200,
      { end: 'completed', status: 200, refusal: null, accountId: null, upstreamRequestId: null },
    ],
    [
      'an endpoint that nobody can answer',
      { end: 'completed', error: new RelayError('endpoint_missing', 'x') },
      undefined,
      { end: 'failed', status: 404, refusal: { code: 'endpoint_missing', message: 'x' } },
    ],
    ['a broken stream', { end: 'upstream_broken', served: servedWith({}) }, 200, { end: 'upstream_broken' }],
    ['a stopped stream', { end: 'stopped', served: servedWith({}) }, 200, { end: 'stopped', status: 200 }],
    ['a call that was never settled', {}, undefined, { end: 'failed', status: null, refusal: null }],
  ])('tells %s', (_, ending, sentStatus, expected) => {
    const entry = toRequestEntry(call(ending, sentStatus === undefined ? {} : { sentStatus }));
    expect(entry).toMatchObject(expected);
    expect(JSON.stringify(entry)).not.toContain('secret');
  });

  it.each<[string, Record<string, string>, string | null]>([
    ['of Anthropic', { 'request-id': 'req_011CSHoEeqs5C35K2UUqR7Fy' }, 'req_011CSHoEeqs5C35K2UUqR7Fy'],
    ['of OpenAI', { 'x-request-id': '0f3c-1' }, '0f3c-1'],
    ['of Anthropic before another one', { 'x-request-id': 'b', 'request-id': 'a' }, 'a'],
    ['that is not there', {}, null],
    ['that is empty', { 'request-id': '' }, null],
    ['just short enough', { 'request-id': 'a'.repeat(100) }, 'a'.repeat(100)],
    ['that is too long', { 'request-id': 'a'.repeat(101) }, null],
    ['with a blank', { 'request-id': 'a b' }, null],
    ['with other letters', { 'request-id': 'caf\u00e9' }, null],
    ['with the secret of the account', { 'request-id': 'for-the-secret-1' }, null],
  ])('keeps the id %s', (_, headers, expected) => {
    expect(idWith(headers)).toBe(expected);
  });

  it('keeps the id of an account whose secret is unknown', () => {
    const sealed = {
      ...servedWith({ 'request-id': 'a' }),
      selection: { ...selection, account: testAccount({ secret: '' }) },
    };
    expect(toRequestEntry(call({ end: 'completed', served: sealed })).upstreamRequestId).toBe('a');
  });

  it('has no id of an upstream for an answer that the gateway has made', () => {
    const served = servedWith({ 'request-id': 'req_1' }, 'local');
    expect(toRequestEntry(call({ end: 'completed', served })).upstreamRequestId).toBeNull();
  });

  it('is bounded, whatever client and upstream say', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 2000 }), (text) => {
        const error = new RelayError('not_found', `No upstream account has the model ${text.repeat(10)}.`);
        const served = servedWith({ 'request-id': text });
        const entry = toRequestEntry(call({ end: 'failed', error, served }, { model: text.repeat(10) }));
        expect(entry.model.length).toBeLessThanOrEqual(200);
        expect(entry.refusal?.message?.length).toBeLessThanOrEqual(500);
        expect(entry.upstreamRequestId ?? 'a').toMatch(/^[!-~]{1,100}$/);
      }),
    );
  });
});

describe('isTroubled', () => {
  it.each([
    [false, 'a request that was served', {}],
    [false, 'one that was answered here', { attempts: [testAttemptRecord({ result: 'intercepted' })] }],
    [true, 'a takeover', { attempts: [testAttemptRecord({ result: 'status' }), testAttemptRecord()] }],
    [true, 'one that nobody served', { end: 'failed', attempts: [] }],
    [true, 'a client that left', { end: 'client_gone' }],
    [true, 'a broken answer', { end: 'upstream_broken' }],
  ] as const)('is %s for %s', (expected, _, change) => {
    expect(isTroubled(testRequestEntry(change))).toBe(expected);
  });
});
