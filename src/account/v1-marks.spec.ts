import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { v1CodexRecord, v1ConsoleRecord } from '../../test/support/account-fixture.js';
import type { RecordFields } from './account-record.js';
import { decisionPatch, readV1Marks, resetPatch, stopFieldsOf, type V1Rules } from './v1-marks.js';

const STOPPED_AT = '2026-11-23T04:00:00.000Z';
const minutesLater = (minutes: number): number => Date.parse(STOPPED_AT) + minutes * 60_000;
const rules = (minutes: number, change: Partial<V1Rules> = {}): V1Rules => ({
  now: minutesLater(minutes),
  blockedMinutes: 10,
  quotaDayEnd: (atMs, resetTime) => atMs + (resetTime === '06:30' ? 90 : 1440) * 60_000,
  ...change,
});

const CONSOLE = { rateLimitedStatus: 'rate_limited' };
const RESPONSES = { rateLimitedStatus: 'rateLimited' };
const OFF = { isActive: 'false', schedulable: 'false' };

/** As v1 leaves a console account after a 429; `rateLimitDuration` is 30 minutes. */
const rateLimited = v1ConsoleRecord({
  ...OFF,
  status: 'rate_limited',
  rateLimitedAt: STOPPED_AT,
  rateLimitStatus: 'limited',
  rateLimitAutoStopped: 'true',
  errorMessage: 'Rate limited at ...',
});
const blocked = v1ConsoleRecord({
  ...OFF,
  status: 'account_blocked',
  blockedAt: STOPPED_AT,
  blockedStatus: 'blocked',
  blockedAutoStopped: 'true',
  errorMessage: 'Blocked',
});
const overloaded = v1ConsoleRecord({ overloadedAt: STOPPED_AT, overloadStatus: 'overloaded', errorMessage: '529' });
const overQuota = v1ConsoleRecord({
  ...OFF,
  status: 'quota_exceeded',
  quotaStoppedAt: STOPPED_AT,
  quotaAutoStopped: 'true',
});
/** As v1 leaves a responses account after a 429: no flag. */
const codexLimited = v1CodexRecord({
  schedulable: 'false',
  status: 'rateLimited',
  rateLimitedAt: STOPPED_AT,
  rateLimitStatus: 'limited',
  rateLimitResetAt: '2026-11-23T04:02:00.000Z',
});

const applied = (record: RecordFields, patch: RecordFields): RecordFields => ({ ...record, ...patch });

describe('readV1Marks', () => {
  it('finds nothing in a record that v1 did not stop', () => {
    const record = v1ConsoleRecord();
    expect(readV1Marks(record, rules(0))).toEqual({ lifted: record, running: [], recovery: null });
  });

  it('finds nothing in a record that says nothing', () => {
    expect(readV1Marks({}, rules(0)).running).toEqual([]);
    expect(resetPatch({})).toEqual({});
  });

  it("never takes v2's own note of a rate limit for a stop of v1", () => {
    const record = v1ConsoleRecord({ rateLimitedAt: STOPPED_AT, rateLimitStatus: 'limited' });
    expect(readV1Marks(record, rules(1)).running).toEqual([]);
    expect(readV1Marks(record, rules(1)).recovery).toBeNull();
  });

  it.each([
    ['a rate limit', rateLimited, 'rate_limited', 30],
    ['a block', blocked, 'cooling_down', 10],
    ['an overload', overloaded, 'cooling_down', 10],
    ['a spent quota', overQuota, 'quota', 90],
    ['a rate limit of a responses account', codexLimited, 'rate_limited', 2],
    [
      'a rate limit of a responses account without a reset',
      { ...codexLimited, rateLimitResetAt: '' },
      'rate_limited',
      60,
    ],
    [
      'a spent quota of a responses account',
      { ...v1CodexRecord(), status: 'quotaExceeded', quotaStoppedAt: STOPPED_AT },
      'quota',
      1440,
    ],
    ['a rate limit without a duration', { ...rateLimited, rateLimitDuration: '' }, 'rate_limited', 60],
    ['a flag without its status', { ...rateLimited, status: 'active' }, 'rate_limited', 30],
  ])('%s holds until its time is over', (_, record, reason, minutes) => {
    const during = readV1Marks(record, rules(minutes - 1));
    expect(during.running).toEqual([{ reason, until: new Date(minutesLater(minutes)) }]);
    expect(during.recovery).toBeNull();
    const afterwards = readV1Marks(record, rules(minutes));
    expect(afterwards.running).toEqual([]);
    expect(applied(record, afterwards.recovery?.patch ?? {})).toEqual(afterwards.lifted);
    expect(afterwards.lifted).toMatchObject({
      isActive: 'true',
      schedulable: 'true',
      status: 'active',
      errorMessage: '',
    });
    expect(during.lifted).toEqual(afterwards.lifted);
  });

  it.each([
    ['a rate limit that never was dated', { ...rateLimited, rateLimitedAt: '' }],
    ['a rate limit with a duration of 0', { ...rateLimited, rateLimitDuration: '0' }],
    ['a quota stop that never was dated', { ...overQuota, quotaStoppedAt: 'yesterday' }],
  ])('%s is over', (_, record) => {
    expect(readV1Marks(record, rules(0.5)).recovery?.patch).toMatchObject({ status: 'active', schedulable: 'true' });
  });

  it('a block is over at once where blocks are not held', () => {
    expect(readV1Marks(blocked, rules(0, { blockedMinutes: 0 })).recovery).not.toBeNull();
  });

  it('switches on again only what v1 switched off', () => {
    const byAdmin = { ...OFF, rateLimitAutoStopped: '' };
    expect(readV1Marks({ ...rateLimited, ...byAdmin }, rules(31)).lifted).toMatchObject({ ...OFF, status: 'active' });
    expect(readV1Marks({ ...codexLimited, ...byAdmin }, rules(3)).lifted).toMatchObject({ ...OFF, status: 'active' });
    expect(readV1Marks({ ...codexLimited, isActive: 'false' }, rules(3)).lifted).toMatchObject({
      isActive: 'false',
      schedulable: 'true',
    });
    expect(readV1Marks({ ...overloaded, ...OFF }, rules(11)).lifted).toMatchObject(OFF);
  });

  it('waits for the last of several stops, and says of each how long it holds', () => {
    const both = { ...overQuota, ...rateLimited, status: 'quota_exceeded', ...{ quotaStoppedAt: STOPPED_AT } };
    const withFlag = { ...both, quotaAutoStopped: 'true' };
    const early = readV1Marks(withFlag, rules(1));
    expect(early.running.map(({ reason }) => reason)).toEqual(['rate_limited', 'quota']);
    const between = readV1Marks(withFlag, rules(31));
    expect(between.running.map(({ reason }) => reason)).toEqual(['quota']);
    expect(between.recovery).toBeNull();
    expect(readV1Marks(withFlag, rules(91)).recovery).not.toBeNull();
  });

  it('expects what it has read, so that a newer stop is not undone', () => {
    const { recovery } = readV1Marks(codexLimited, rules(3));
    expect(recovery?.expected).toEqual({
      status: 'rateLimited',
      isActive: 'true',
      schedulable: 'false',
      rateLimitedAt: STOPPED_AT,
      rateLimitStatus: 'limited',
      rateLimitResetAt: '2026-11-23T04:02:00.000Z',
      rateLimitAutoStopped: '',
    });
    expect(recovery?.patch).toEqual({
      status: 'active',
      schedulable: 'true',
      rateLimitedAt: '',
      rateLimitStatus: '',
      rateLimitResetAt: '',
    });
  });
});

const statuses = [
  'active',
  'rate_limited',
  'rateLimited',
  'overloaded',
  'account_blocked',
  'quota_exceeded',
  'unauthorized',
];
const flag = fc.constantFrom('', 'true');
const time = fc.constantFrom('', STOPPED_AT, 'never');
const stoppedRecords: fc.Arbitrary<RecordFields> = fc.record(
  {
    status: fc.constantFrom(...statuses),
    isActive: fc.constantFrom('true', 'false'),
    schedulable: fc.constantFrom('true', 'false'),
    rateLimitedAt: time,
    rateLimitAutoStopped: flag,
    overloadStatus: fc.constantFrom('', 'overloaded'),
    overloadedAt: time,
    blockedAt: time,
    blockedAutoStopped: flag,
    quotaStoppedAt: time,
    quotaAutoStopped: flag,
  },
  { requiredKeys: ['status', 'isActive', 'schedulable'] },
);

describe('the end of stops of v1', () => {
  it('leaves a record in which v1 stopped nothing', () => {
    fc.assert(
      fc.property(stoppedRecords, fc.integer({ min: -10, max: 2000 }), (record, minutes) => {
        const { lifted, running, recovery } = readV1Marks(record, rules(minutes));
        expect(readV1Marks(lifted, rules(minutes))).toEqual({ lifted, running: [], recovery: null });
        expect(recovery === null).toBe(running.length > 0 || lifted === record);
      }),
    );
  });

  it('is the same when an administrator brings it about', () => {
    fc.assert(
      fc.property(stoppedRecords, (record) => {
        const reset = applied(record, resetPatch(record));
        expect(readV1Marks(reset, rules(0)).lifted).toBe(reset);
        expect(reset['status']).toBe('active');
        const lifted = readV1Marks(record, rules(0)).lifted;
        expect([reset['isActive'], reset['schedulable']]).toEqual([lifted['isActive'], lifted['schedulable']]);
      }),
    );
  });

  it.each([CONSOLE, RESPONSES])('does not undo what an administrator decided: %p', (kind) => {
    const decisions = fc.record(
      { isActive: fc.constantFrom('true', 'false'), schedulable: fc.constantFrom('true', 'false') },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(stoppedRecords, decisions, (record, decision) => {
        const decided = applied(record, { ...decisionPatch(record, kind), ...decision });
        const undecided = readV1Marks(record, rules(0)).lifted;
        const { isActive, schedulable } = readV1Marks(decided, rules(9999)).lifted;
        expect(isActive).toBe(decision.isActive ?? undecided['isActive']);
        expect(schedulable).toBe(decision.schedulable ?? undecided['schedulable']);
      }),
    );
  });
});

describe('resetPatch', () => {
  it('is empty for an account without marks', () => {
    expect(resetPatch(v1ConsoleRecord())).toEqual({});
  });

  it('ends what v1 leaves for an administrator to end', () => {
    const record = v1ConsoleRecord({
      status: 'unauthorized',
      unauthorizedAt: STOPPED_AT,
      unauthorizedCount: '3',
      countTokensUnavailable: 'true',
      errorMessage: '401',
      rateLimitedAt: STOPPED_AT,
    });
    expect(resetPatch(record)).toEqual({
      status: 'active',
      unauthorizedAt: '',
      unauthorizedCount: '',
      countTokensUnavailable: '',
      errorMessage: '',
      rateLimitedAt: '',
    });
  });

  it('does not switch on what an administrator switched off', () => {
    expect(resetPatch(v1ConsoleRecord({ ...OFF, status: 'blocked' }))).toEqual({ status: 'active' });
  });
});

describe('stopFieldsOf', () => {
  it('gives a missing field as an empty one', () => {
    expect(stopFieldsOf({ status: 'active', isActive: 'true', name: 'x' })).toMatchObject({
      status: 'active',
      isActive: 'true',
      schedulable: '',
      blockedAutoStopped: '',
    });
  });
});
