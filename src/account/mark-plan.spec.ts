import type { AccountMark } from '@crs/extension-api';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { testConfig } from '../../test/support/test-config.js';
import { type MarkDetail, type MarkPlan, planMark } from './mark-plan.js';
import { readMarks } from './stored-marks.js';

const NOW = Date.parse('2026-11-23T04:00:00.000Z');
const DAY_SECONDS = 86_400;
const { marks } = testConfig();
const detail: MarkDetail = { requestId: 'req_1', model: 'claude-opus', endpoint: 'messages', text: 'Overloaded' };

const plan = (
  mark: Partial<AccountMark>,
  change: Partial<MarkDetail> = {},
  config = marks,
  rateLimitMinutes = 60,
): MarkPlan =>
  planMark(
    { type: 'overload', statusCode: 529, ...mark },
    { ...detail, ...change },
    { marks: config, now: NOW, secret: 's3cret', rateLimitMinutes },
  );
const inSeconds = (seconds: number): Date => new Date(NOW + seconds * 1000);

describe('planMark', () => {
  it.each<[AccountMark['type'], number]>([
    ['connection', 60],
    ['service_unavailable', 60],
    ['server_error', 300],
    ['timeout', 300],
    ['overload', 600],
    ['auth_error', 1800],
    ['blocked', 600],
    ['rate_limit', 300],
  ])('keeps the account out after %s for %d s', (type, seconds) => {
    const { coolDown, named, isRateLimit } = plan({ type });
    expect(coolDown?.ttlMs).toBe(seconds * 1000);
    expect(named).toBeNull();
    expect(isRateLimit).toBe(type === 'rate_limit');
  });

  it.each<[AccountMark, number]>([
    [{ type: 'overload', statusCode: 529 }, 600],
    [{ type: 'rate_limit', statusCode: 429 }, 300],
    [{ type: 'rate_limit', statusCode: 429, resetAt: inSeconds(5 * 3600) }, 5 * 3600],
    [{ type: 'rate_limit', statusCode: 429, resetAt: inSeconds(30 * DAY_SECONDS) }, 7 * DAY_SECONDS],
  ])('lets the account recover for ten minutes once %j has ended', (mark, seconds) => {
    expect(plan(mark).recoveryUntil).toEqual(inSeconds(seconds + 600));
  });

  it.each<[AccountMark]>([
    [{ type: 'model_missing', statusCode: 404 }],
    [{ type: 'endpoint_missing', statusCode: 404 }],
    [{ type: 'rate_limit', statusCode: 429, scope: 'model' }],
    [{ type: 'overload', statusCode: 529, scope: 'endpoint' }],
  ])('has nothing to recover from after %j', (mark) => {
    expect(plan(mark).recoveryUntil).toBeNull();
  });

  describe('of a rate limit that concerns one model', () => {
    const limited = (reset: number | null, rateLimitMinutes = 60, model = 'claude-opus'): MarkPlan => {
      const resetAt = reset === null ? {} : { resetAt: inSeconds(reset) };
      return plan(
        { type: 'rate_limit', statusCode: 429, scope: 'model', ...resetAt },
        { model },
        marks,
        rateLimitMinutes,
      );
    };

    it.each([
      [null, 300],
      [120, 120],
      [1800, 1800],
      [5 * 3600, 5 * 3600],
      [30 * DAY_SECONDS, 7 * DAY_SECONDS],
      [-60, 300],
    ])('keeps the account in use for the others (reset in %p s: for %d s)', (reset, seconds) => {
      const { coolDown, named, isRateLimit, historyEntry } = limited(reset);
      expect({ coolDown, isRateLimit }).toEqual({ coolDown: null, isRateLimit: false });
      expect(named).toEqual({ name: 'limited_model:claude-opus', until: inSeconds(seconds) });
      expect(historyEntry).toContain('"errorType":"rate_limit"');
    });

    it('is brief where the duration of a rate limit is 0', () => {
      expect(limited(5 * 3600, 0).named?.until).toEqual(inSeconds(1800));
    });

    it('holds for the account where the name is out of all proportion', () => {
      const { coolDown, named } = limited(120, 60, 'm'.repeat(201));
      expect([coolDown?.ttlMs, named]).toEqual([120_000, null]);
    });
  });

  describe('of a failure that concerns one endpoint', () => {
    const ofEndpoint = (change: Partial<AccountMark>, config = marks): MarkPlan =>
      plan({ ...change, scope: 'endpoint' }, { endpoint: 'count_tokens' }, config);

    it.each<[Partial<AccountMark>, number]>([
      [{ type: 'overload' }, 600],
      [{ type: 'server_error' }, 300],
      [{ type: 'connection' }, 60],
      [{ type: 'rate_limit' }, 300],
      [{ type: 'rate_limit', resetAt: inSeconds(20) }, 20],
      [{ type: 'rate_limit', resetAt: inSeconds(5 * 3600) }, 5 * 3600],
      [{ type: 'overload', doubtful: true }, 10],
    ])('keeps the account in use for the others: %j for %d s', (mark, seconds) => {
      const { coolDown, named, isRateLimit, recoveryUntil } = ofEndpoint(mark);
      expect({ coolDown, isRateLimit, recoveryUntil }).toEqual({
        coolDown: null,
        isRateLimit: false,
        recoveryUntil: null,
      });
      expect(named).toEqual({ name: 'limited_endpoint:count_tokens', until: inSeconds(seconds) });
    });

    it('notes only in the history what is configured to hold no time, and what is no failure of the endpoint', () => {
      for (const held of [
        ofEndpoint({ type: 'overload' }, { ...marks, overloadSeconds: 0 }),
        ofEndpoint({ type: 'rate_limit' }, { ...marks, rateLimitSeconds: 0 }),
        ofEndpoint({ type: 'model_missing', statusCode: 404 }),
      ]) {
        expect([held.coolDown, held.named, held.isRateLimit]).toEqual([null, null, false]);
        expect(held.historyEntry).toContain('"endpoint":"count_tokens"');
      }
    });
  });

  it.each<[AccountMark['type'], number]>([
    ['server_error', 10],
    ['auth_error', 10],
    ['overload', 10],
  ])('does not believe %s, which may be the doing of the request, for longer than %d s', (type, seconds) => {
    const { coolDown, recoveryUntil } = plan({ type, doubtful: true });
    expect(coolDown?.ttlMs).toBe(seconds * 1000);
    expect(recoveryUntil).toEqual(inSeconds(seconds + 600));
  });

  it('believes a doubtful failure for no longer than a certain one', () => {
    const config = { ...marks, serverErrorSeconds: 3 };
    expect(plan({ type: 'server_error', doubtful: true }, {}, config).coolDown?.ttlMs).toBe(3000);
  });

  it("writes v1's text of a cool-down", () => {
    expect(plan({}).coolDown?.json).toBe(
      '{"statusCode":529,"errorType":"overload","markedAt":"2026-11-23T04:00:00.000Z","ttlSeconds":600,' +
        '"cooldownSeconds":600,"expiresAt":"2026-11-23T04:10:00.000Z"}',
    );
  });

  it.each([
    [0.2, 1, null],
    [120, 120, null],
    [1800, 1800, null],
    [1801, 1800, 1801],
    [5 * 3600, 1800, 5 * 3600],
    [30 * DAY_SECONDS, 1800, 7 * DAY_SECONDS],
    [0, 300, null],
    [-60, 300, null],
  ])('after a 429 with a reset in %d s: %d s out of use, and a reset mark of %p s', (reset, seconds, beyond) => {
    const { coolDown, named } = plan({ type: 'rate_limit', statusCode: 429, resetAt: inSeconds(reset) });
    expect(coolDown?.ttlMs).toBe(seconds * 1000);
    expect(named).toEqual(beyond === null ? null : { name: 'reset', until: inSeconds(beyond) });
  });

  it('takes a reset for one of a rate limit only', () => {
    const { coolDown, named } = plan({ type: 'overload', resetAt: inSeconds(5 * 3600) });
    expect(coolDown?.ttlMs).toBe(600_000);
    expect(named).toBeNull();
  });

  it.each([
    ['model_missing', 'model:claude-opus'],
    ['endpoint_missing', 'endpoint:messages'],
  ] as const)('notes %s for an hour and keeps the account in use', (type, name) => {
    const { coolDown, named } = plan({ type, statusCode: 404 });
    expect(coolDown).toBeNull();
    expect(named).toEqual({ name, until: inSeconds(3600) });
  });

  it('notes no model whose name is out of all proportion', () => {
    expect(plan({ type: 'model_missing' }, { model: 'm'.repeat(201) }).named).toBeNull();
  });

  it('keeps a blocked account in use where the minutes are 0', () => {
    const { coolDown, recoveryUntil } = plan({ type: 'blocked', statusCode: 400 }, {}, { ...marks, blockedMinutes: 0 });
    expect([coolDown, recoveryUntil]).toEqual([null, null]);
  });

  it("writes v1's entry of the history, without the secret and cut", () => {
    const { historyEntry } = plan({}, { text: `s3cret ${'long '.repeat(1000)}` });
    const entry: unknown = JSON.parse(historyEntry);
    expect(entry).toEqual({
      time: '2026-11-23T04:00:00.000Z',
      status: 529,
      errorType: 'overload',
      context: {
        requestId: 'req_1',
        model: 'claude-opus',
        endpoint: 'messages',
        errorBody: `[redacted] ${'long '.repeat(1000)}`.slice(0, 2000),
      },
    });
  });

  it.each([
    [undefined, 300_000],
    [inSeconds(120), 120_000],
    [inSeconds(5 * 3600), 1_800_000],
  ])('leaves only the cool-down of a rate limit (reset: %p) where its duration is 0', (resetAt, ttlMs) => {
    const mark = { type: 'rate_limit', statusCode: 429, ...(resetAt && { resetAt }) } as const;
    const { coolDown, named, isRateLimit } = plan(mark, {}, marks, 0);
    expect({ ttlMs: coolDown?.ttlMs, named, isRateLimit }).toEqual({ ttlMs, named: null, isRateLimit: false });
  });

  it('keeps an account out for no longer than the caps', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e9, max: 1e9 }), (reset) => {
        const { coolDown, named } = plan({ type: 'rate_limit', resetAt: inSeconds(reset) });
        expect(coolDown?.ttlMs).toBeLessThanOrEqual(1_800_000);
        expect(coolDown?.ttlMs).toBeGreaterThan(0);
        expect((named?.until.getTime() ?? 0) - NOW).toBeLessThanOrEqual(7 * DAY_SECONDS * 1000);
      }),
    );
  });
});

describe('readMarks', () => {
  const none = {
    coolDown: null,
    resetAt: null,
    missingModels: new Map(),
    limitedModels: new Map(),
    missingEndpoints: new Map(),
    limitedEndpoints: new Map(),
    recovery: null,
  };

  it('finds nothing where nothing is stored', () => {
    expect(readMarks(null, {}, NOW)).toEqual(none);
  });

  it('reads what was planned', () => {
    const { coolDown, named } = plan({ type: 'rate_limit', statusCode: 429, resetAt: inSeconds(7200) });
    expect(readMarks(coolDown?.json ?? null, { [named?.name ?? '']: String(named?.until.getTime()) }, NOW)).toEqual({
      ...none,
      coolDown: { type: 'rate_limit', statusCode: 429, until: inSeconds(1800) },
      resetAt: inSeconds(7200),
    });
  });

  it('reads models and endpoints by their names, and leaves out what has ended or is no time', () => {
    const until = String(NOW + 1);
    const stored = {
      'model:a:b': until,
      'model:old': String(NOW),
      'model:odd': 'soon',
      'limited_model:c': until,
      recovery: `${until}:3`,
      'endpoint:count_tokens': until,
      'limited_endpoint:messages': until,
      reset: String(NOW - 1),
      other: until,
    };
    expect(readMarks(null, stored, NOW)).toEqual({
      ...none,
      missingModels: new Map([['a:b', new Date(NOW + 1)]]),
      limitedModels: new Map([['c', new Date(NOW + 1)]]),
      recovery: { since: new Date(NOW + 1 - 600_000), until: new Date(NOW + 1), served: 3 },
      missingEndpoints: new Map([['count_tokens', new Date(NOW + 1)]]),
      limitedEndpoints: new Map([['messages', new Date(NOW + 1)]]),
    });
  });

  it.each([
    ['{"errorType":"overload","statusCode":529,"expiresAt":"2026-11-23T04:00:05.000Z"}', 'overload', 529, 5],
    [`{"errorType":"overload","statusCode":529,"expiresAt":${NOW + 5000}}`, 'overload', 529, 5],
    ['{"errorType":7,"statusCode":"529"}', 'unknown', 0, 60],
    ['{"expiresAt":"soon"}', 'unknown', 0, 60],
    ['1', 'unknown', 0, 60],
    ['null', 'unknown', 0, 60],
    ['broken', 'unknown', 0, 60],
  ])('keeps an account out whose cool-down reads %s', (text, type, statusCode, seconds) => {
    expect(readMarks(text, {}, NOW).coolDown).toEqual({ type, statusCode, until: inSeconds(seconds) });
  });

  it.each([`${String(NOW)}:1`, String(NOW + 1), `${String(NOW + 1)}:12`, 'soon:1', ''])(
    'finds no recovery in %p',
    (recovery) => {
      expect(readMarks(null, { recovery }, NOW)).toEqual(none);
    },
  );

  it('takes a cool-down that says it has ended for none', () => {
    expect(readMarks('{"expiresAt":"2026-11-23T04:00:00.000Z"}', {}, NOW)).toEqual(none);
  });
});
