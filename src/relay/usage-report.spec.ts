import { type MeterReading, NO_TOKENS, type Platform, type RelayRequest } from '@crs/extension-api';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { testAccount } from '../../test/support/test-account.ts';
import { NO_LIMITS, testPrincipal } from '../../test/support/test-principal.ts';
import { ClaudeConsolePlatform } from '../platforms/claude-console/claude-console.platform.js';
import { type ReportParts, toUsageReport, toWastedAttempt } from './usage-report.js';

const platform: Platform = new ClaudeConsolePlatform();

const principal = testPrincipal({ serviceRates: { claude: 2 }, limits: { ...NO_LIMITS, rateLimitWindow: 5 } });

const request: RelayRequest = {
  id: 'req_1',
  protocol: 'anthropic',
  endpoint: 'messages',
  method: 'POST',
  path: '/api/v1/messages',
  query: '',
  headers: { 'anthropic-beta': 'fast-mode-2026-02-01' },
  body: Buffer.from('{}'),
  model: 'claude-opus',
  askedModel: 'claude-opus',
  askedEndpoint: 'messages',
  modelSpan: { start: 0, end: 0 },
  stream: true,
  userId: null,
  sessionHash: null,
  receivedAt: new Date(1_000),
};

const reading: MeterReading = {
  usage: { ...NO_TOKENS, inputTokens: 10, outputTokens: 3 },
  model: 'vendor-opus-1',
  final: true,
  started: true,
  inputKnown: true,
  outputKnown: true,
  outputBytes: 400,
  speed: 'fast',
  serviceTier: 'standard',
};

const report = (change: Partial<ReportParts> = {}) =>
  toUsageReport({
    request,
    principal,
    platform,
    account: testAccount(),
    reading,
    status: 200,
    answerBytes: 0,
    isWhole: false,
    admission: null,
    endedAt: 4_000,
    ...change,
  });

describe('toUsageReport', () => {
  it("books the upstream's final figures under the upstream's name", () => {
    expect(report()).toMatchObject({
      requestId: 'req_1',
      keyId: principal.keyId,
      accountType: 'claude-console',
      accountRecordPrefix: 'claude_console_account',
      service: 'claude',
      model: 'vendor-opus-1',
      endpoint: '/api/v1/messages',
      durationMs: 3_000,
      usage: reading.usage,
      estimated: false,
      betaHeader: 'fast-mode-2026-02-01',
      speed: 'fast',
      keyServiceRates: { claude: 2 },
    });
  });

  it.each([
    ['the name that the account maps it to', { 'claude-opus': 'vendor-opus' }, 'vendor-opus'],
    ['the name that was asked for', {}, 'claude-opus'],
    ['the name that was asked for, when the map has changed meanwhile', { other: 'x' }, 'claude-opus'],
  ])('books under %s where the upstream named no model', (_, supportedModels, expected) => {
    expect(report({ reading: { ...reading, model: null }, account: testAccount({ supportedModels }) }).model).toBe(
      expected,
    );
  });

  it.each([
    ['a floor from what was sent', 400, 100],
    ["the upstream's own figure, where it is larger", 4, 3],
  ])('flags figures that are not final and books %s', (_, outputBytes, expected) => {
    const { usage, estimated } = report({ reading: { ...reading, final: false, outputBytes } });
    expect(estimated).toBe(true);
    expect(usage).toMatchObject({ inputTokens: 10, outputTokens: expected });
  });

  describe('of a whole answer', () => {
    const silent: MeterReading = {
      ...reading,
      usage: NO_TOKENS,
      started: false,
      inputKnown: false,
      outputKnown: false,
      final: false,
      outputBytes: 0,
    };
    const body = Buffer.alloc(41);

    it.each([
      ['a stream by the text in it', { reading: { ...silent, outputBytes: 30 } }, 8],
      ['another answer by its bytes', { reading: silent, answerBytes: 401 }, 101],
      ['one whose figures could not be read', { reading: { ...silent, final: true }, answerBytes: 8 }, 2],
    ] as const)('without figures estimates %s, flagged', (_, change, outputTokens) => {
      expect(report({ isWhole: true, request: { ...request, body }, ...change })).toMatchObject({
        usage: { ...NO_TOKENS, inputTokens: 11, outputTokens },
        estimated: true,
        usageMissing: true,
      });
    });

    it.each([
      ['only its input', { ...reading, final: false }],
      ['that it used nothing', { ...reading, usage: NO_TOKENS, outputBytes: 0 }],
    ])('takes it at its word where it told %s', (_, told) => {
      const { usage, usageMissing, estimated } = report({ isWhole: true, reading: told });
      expect({ usageMissing, estimated }).toEqual({ usageMissing: false, estimated: !told.final });
      expect(usage.inputTokens).toBe(told.usage.inputTokens);
    });

    it.each<[string, Partial<MeterReading>, object]>([
      [
        'its input',
        { inputKnown: false, usage: { ...NO_TOKENS, outputTokens: 3 } },
        { inputTokens: 11, outputTokens: 3 },
      ],
      [
        'its output',
        { outputKnown: false, usage: { ...NO_TOKENS, inputTokens: 7 } },
        { inputTokens: 7, outputTokens: 100 },
      ],
      [
        'its input beyond the cache',
        { inputKnown: false, usage: { ...NO_TOKENS, outputTokens: 3, cacheCreateTokens: 2, cacheReadTokens: 4 } },
        { inputTokens: 5, cacheCreateTokens: 2, cacheReadTokens: 4 },
      ],
      [
        'what was read from the cache, and more input than its length tells',
        { inputKnown: false, usage: { ...NO_TOKENS, inputTokens: 50, outputTokens: 3 } },
        { inputTokens: 50 },
      ],
      [
        'its input, and the cache holds more than its length tells',
        { inputKnown: false, usage: { ...NO_TOKENS, cacheReadTokens: 500 } },
        { inputTokens: 0, cacheReadTokens: 500 },
      ],
    ])('that never told %s fills that side by its length, flagged', (_, told, usage) => {
      expect(report({ isWhole: true, request: { ...request, body }, reading: { ...reading, ...told } })).toMatchObject({
        usage,
        estimated: true,
        usageMissing: true,
      });
    });

    it('leaves the input of one that broke what was told, and says that it is missing', () => {
      const told = { ...reading, inputKnown: false, final: false, usage: { ...NO_TOKENS, outputTokens: 1 } };
      expect(report({ request: { ...request, body }, reading: { ...told, outputBytes: 0 } })).toMatchObject({
        usage: { ...NO_TOKENS, outputTokens: 1 },
        estimated: true,
        usageMissing: true,
      });
    });

    it('guesses the input of one that broke behind its first text, where it would have been told last', () => {
      const leaving = { ...silent, outputBytes: 30 };
      expect(report({ isWhole: false, request: { ...request, body }, reading: leaving })).toMatchObject({
        usage: { ...NO_TOKENS, inputTokens: 11, outputTokens: 7 },
        estimated: true,
        usageMissing: true,
      });
    });

    it('guesses no more input than a usual context window', () => {
      const told = { ...reading, inputKnown: false, usage: { ...NO_TOKENS, outputTokens: 1 } };
      const pictures = { ...request, body: Buffer.alloc(4_000_000) };
      expect(report({ isWhole: true, request: pictures, reading: told }).usage.inputTokens).toBe(200_000);
    });

    it('leaves the output of one that broke a floor, and does not call it missing', () => {
      const told = { ...reading, outputKnown: false, final: false, usage: { ...NO_TOKENS, inputTokens: 7 } };
      expect(report({ reading: told, answerBytes: 999 })).toMatchObject({
        usage: { inputTokens: 7, outputTokens: 100 },
        estimated: true,
        usageMissing: false,
      });
    });

    it('estimates nothing of one that broke', () => {
      expect(report({ reading: silent, answerBytes: 401 })).toMatchObject({
        usage: NO_TOKENS,
        estimated: true,
        usageMissing: false,
      });
    });

    it('never books nothing of an answer without figures', () => {
      fc.assert(
        fc.property(fc.nat(10_000), fc.nat(10_000), fc.nat(10_000), (sent, answerBytes, outputBytes) => {
          const { usage } = report({
            isWhole: true,
            request: { ...request, body: Buffer.alloc(sent + 1) },
            reading: { ...silent, outputBytes },
            answerBytes,
          });
          expect(usage.inputTokens).toBeGreaterThan(0);
          expect(usage.outputTokens).toBe(Math.ceil(Math.max(answerBytes, outputBytes) / 4));
        }),
      );
    });
  });

  it('keeps no more of a name than any vendor gives, whoever gave it', () => {
    const long = `claude-${'x'.repeat(1_000_000)}`;
    const admission = { leases: [], model: long };
    const named = report({ reading: { ...reading, model: long }, admission });
    const asked = report({ request: { ...request, model: long }, reading: { ...reading, model: null }, admission });
    expect(named.model).toMatch(/^claude-x+~[\w-]{12}$/);
    expect(named.model).toHaveLength(200);
    expect(asked.model).toBe(named.model);
    expect(named.admission).toEqual({ leases: [], model: '' });
    const whole = { leases: [], model: 'm'.repeat(200) };
    expect(report({ admission: whole }).admission).toBe(whole);
  });

  it('has no negative duration and no beta where there is none', () => {
    const withoutBeta = { ...request, headers: {} };
    expect(report({ endedAt: 0, request: withoutBeta })).toMatchObject({ durationMs: 0, betaHeader: null });
  });
});

describe('toWastedAttempt', () => {
  it('says what an account was paid for nothing', () => {
    const account = testAccount({ quotaResetTime: '03:00' });
    const wasted = { ...reading, final: false };
    expect(toWastedAttempt({ request, account, service: 'claude', reading: wasted, at: 5_000 })).toEqual({
      at: new Date(5_000),
      accountId: account.id,
      quotaResetTime: '03:00',
      service: 'claude',
      model: 'vendor-opus-1',
      usage: { ...reading.usage, outputTokens: 100 },
      betaHeader: 'fast-mode-2026-02-01',
      speed: 'fast',
      serviceTier: 'standard',
    });
  });

  it('takes no input that was never told', () => {
    const usage = { ...NO_TOKENS, outputTokens: 1 };
    const wasted = { ...reading, final: false, inputKnown: false, outputBytes: 0, usage };
    const parts = {
      request: { ...request, body: Buffer.alloc(41) },
      account: testAccount(),
      service: 'claude' as const,
    };
    expect(toWastedAttempt({ ...parts, reading: wasted, at: 5_000 }).usage.inputTokens).toBe(0);
  });
});
