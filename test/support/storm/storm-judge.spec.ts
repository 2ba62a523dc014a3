import { describe, expect, it } from '@jest/globals';
import type { SimulatedUsage } from '../simulator/step.ts';
import type { AskedRequest } from './storm-client.ts';
import { type BookedRequest, judgeBooks, type StormFacts, type UpstreamRequest } from './storm-judge.ts';

const KILLED_AT = 10_000;
const FINAL_OUTPUT = 32;

const usage: SimulatedUsage = {
  inputTokens: 101,
  outputTokens: FINAL_OUTPUT,
  cacheCreateTokens: 0,
  cacheReadTokens: 0,
  ephemeral5mTokens: 0,
  ephemeral1hTokens: 0,
  hasCacheSplit: true,
};
/** Finished, unless it is told otherwise. */
const asked = (change: Partial<AskedRequest> = {}): AskedRequest => ({
  number: 1,
  keyId: 'key',
  stream: true,
  requestId: 'one',
  status: 200,
  hasBegun: true,
  isWhole: true,
  ...change,
});
const sent = (change: Partial<UpstreamRequest> = {}): UpstreamRequest => ({
  number: 1,
  usage,
  usageStage: 'final',
  reportedAt: KILLED_AT - 1_000,
  ...change,
});
const booking = (change: Partial<BookedRequest> = {}): BookedRequest => ({ requestId: 'one', ...usage, ...change });

const OPEN = asked({ isWhole: false });
const UNSEEN = asked({ isWhole: false, hasBegun: false, requestId: null, status: 0 });
const STARTED = sent({ usageStage: 'start', usage: { ...usage, outputTokens: 1 } });
const FLAGGED = booking({ estimated: true, outputTokens: 1 });
const SILENT = booking({ estimated: true, inputTokens: 0, outputTokens: 0 });

function judge(one: AskedRequest, upstream: UpstreamRequest[], books: BookedRequest[], more: Partial<StormFacts> = {}) {
  const booked = new Map([['key', books]]);
  const bounds = { killedAt: KILLED_AT, unheardMs: 200, finalOutputTokens: FINAL_OUTPUT };
  return judgeBooks({ asked: [one], upstream, booked, ...bounds, ...more });
}

describe('the judge of the books after a kill', () => {
  it.each<[string, AskedRequest, UpstreamRequest[], BookedRequest[]]>([
    ['a finished one, to the token', asked(), [sent()], [booking()]],
    ['an open one with its input', OPEN, [STARTED], [FLAGGED]],
    ['one settled before its client saw the end', OPEN, [sent()], [booking()]],
    ['one of which nothing was heard', UNSEEN, [sent({ usage: null, usageStage: 'none', reportedAt: null })], [SILENT]],
    ['one whose input was sent in the last moment', UNSEEN, [{ ...STARTED, reportedAt: KILLED_AT - 100 }], [SILENT]],
    ['one noted and never sent', UNSEEN, [], [SILENT]],
    ['one neither noted nor sent', UNSEEN, [], []],
  ])('accepts %s', (_name, one, upstream, books) => {
    expect(judge(one, upstream, books)).toMatchObject({ lost: 0, twice: 0, problems: [] });
  });

  it.each<[string, AskedRequest, UpstreamRequest[], BookedRequest[]]>([
    ['a finished one that is missing', asked(), [sent()], []],
    ['a finished one that is flagged', asked(), [sent()], [booking({ estimated: true })]],
    ['a token too few', asked(), [sent()], [booking({ outputTokens: FINAL_OUTPUT - 1 })]],
    ['another class of input', asked(), [sent()], [booking({ inputTokens: 100, cacheReadTokens: 1 })]],
    ['the booking of another request', asked(), [sent()], [booking({ requestId: 'two' })]],
    ['an open one that is missing', OPEN, [STARTED], []],
    ['an open one that is not flagged', OPEN, [STARTED], [booking({ outputTokens: 1 })]],
    ['more output than there is', OPEN, [STARTED], [{ ...FLAGGED, outputTokens: FINAL_OUTPUT + 1 }]],
    ['an input that the client has read, and nobody knows', OPEN, [STARTED], [SILENT]],
    ['an input that was sent long ago, and nobody knows', UNSEEN, [STARTED], [SILENT]],
    ['one of which nothing was heard, missing', UNSEEN, [sent({ usage: null, reportedAt: null })], []],
    ['a booking of nobody', UNSEEN, [], [booking({ inputTokens: 999 })]],
    ['silence that is not flagged', UNSEEN, [], [{ ...SILENT, estimated: false }]],
    ['an answer from nowhere', asked(), [], []],
  ])('refuses %s', (_name, one, upstream, books) => {
    expect(judge(one, upstream, books).problems).not.toEqual([]);
  });

  it.each<[string, AskedRequest, UpstreamRequest[], BookedRequest[]]>([
    ['under one id', asked(), [sent()], [booking(), booking()]],
    ['under two ids', asked(), [sent()], [booking(), booking({ requestId: 'two' })]],
    ['once with its tokens and once without', asked(), [sent()], [booking(), { ...SILENT, requestId: 'two' }]],
  ])('counts what is booked twice: %s', (_name, one, upstream, books) => {
    expect(judge(one, upstream, books).twice).toBe(1);
  });

  it('counts what is lost', () => {
    expect(judge(asked(), [sent()], []).lost).toBe(1);
    expect(judge(UNSEEN, [sent({ usage: null, reportedAt: null })], []).lost).toBe(1);
  });

  it('accepts nothing that is flagged where nothing was killed', () => {
    expect(judge(OPEN, [STARTED], [FLAGGED], { killedAt: null }).problems).toHaveLength(1);
  });
});
