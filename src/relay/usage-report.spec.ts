import { type MeterReading, NO_TOKENS, type Platform, type RelayRequest } from '@crs/extension-api';
import { describe, expect, it } from '@jest/globals';
import { testAccount } from '../../test/support/test-account.ts';
import { NO_LIMITS, testPrincipal } from '../../test/support/test-principal.ts';
import { ClaudeConsolePlatform } from '../platforms/claude-console/claude-console.platform.js';
import { type ReportParts, toUsageReport } from './usage-report.js';

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
    statusCode: 200,
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

  it('has no negative duration and no beta where there is none', () => {
    const withoutBeta = { ...request, headers: {} };
    expect(report({ endedAt: 0, request: withoutBeta })).toMatchObject({ durationMs: 0, betaHeader: null });
  });
});
