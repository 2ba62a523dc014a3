import type { Format } from './v1-format.ts';

/** How long keys live: seconds, for ever, or what a window or a mark has left. */
export type Life = number | 'for ever' | 'any';

/** What v1 also writes, or passes over, but not in the course of what its database in test/fixtures/v1 saw. */
export interface DocumentedShape {
  /** What v1 writes there, and when. */
  readonly about: string;
  readonly pattern: string;
  readonly type: string;
  /** Beside those seen. */
  readonly lives: readonly Life[];
  /** Beside those seen, by path. */
  readonly formats: Readonly<Record<string, readonly Format[]>>;
}

const OPTIONAL_INSTANT = ['empty', 'instant'] as const;
const OPTIONAL_FLAG = ['empty', 'flag'] as const;
const OPTIONAL_TEXT = ['empty', 'text'] as const;
const PROXY = {
  proxy: ['empty', 'object'],
  'proxy.type': ['text'],
  'proxy.host': ['text'],
  'proxy.port': ['number'],
  'proxy.username': OPTIONAL_TEXT,
  'proxy.password': OPTIONAL_TEXT,
} as const;
const DAY = 86_400;

export const DOCUMENTED_SHAPES: readonly DocumentedShape[] = [
  {
    about: 'an API key after its creation: settings, bindings, deletion and restoring',
    pattern: 'apikey:{id}',
    type: 'hash',
    lives: [],
    formats: {
      description: OPTIONAL_TEXT,
      claudeAccountId: ['empty', 'id', 'id of a kind'],
      claudeConsoleAccountId: ['empty', 'id'],
      openaiAccountId: ['empty', 'id', 'id of a kind'],
      icon: OPTIONAL_TEXT,
      activatedAt: OPTIONAL_INSTANT,
      expiresAt: OPTIONAL_INSTANT,
      lastUsedAt: OPTIONAL_INSTANT,
      updatedAt: ['instant'],
      dailyCostLimit: ['decimal'],
      totalCostLimit: ['decimal'],
      weeklyOpusCostLimit: ['decimal'],
      rateLimitCost: ['decimal'],
      permissions: ['array'],
      serviceRates: ['object'],
      'serviceRates.*': ['number'],
      openaiResponsesPayloadRules: ['array'],
      'openaiResponsesPayloadRules[]': ['object'],
      'openaiResponsesPayloadRules[].path': ['text'],
      'openaiResponsesPayloadRules[].valueType': ['text'],
      'openaiResponsesPayloadRules[].value': ['text', 'number', 'boolean'],
      isDeleted: ['flag'],
      deletedAt: OPTIONAL_INSTANT,
      deletedBy: OPTIONAL_TEXT,
      deletedByType: OPTIONAL_TEXT,
      restoredAt: ['instant'],
      restoredBy: ['text'],
      restoredByType: ['text'],
    },
  },
  {
    about: 'the lookup that restoring an API key writes',
    pattern: 'apikey_hash:{hash}',
    type: 'hash',
    lives: ['for ever'],
    formats: { id: ['id'], name: ['text'], isActive: ['flag'] },
  },
  {
    about: 'a console account with what marks and changes leave in it',
    pattern: 'claude_console_account:{id}',
    type: 'hash',
    lives: [],
    formats: {
      description: OPTIONAL_TEXT,
      ...PROXY,
      updatedAt: ['instant'],
      subscriptionExpiresAt: OPTIONAL_INSTANT,
      dailyQuota: ['decimal'],
      rateLimitedAt: OPTIONAL_INSTANT,
      rateLimitStatus: OPTIONAL_TEXT,
      errorMessage: OPTIONAL_TEXT,
      rateLimitAutoStopped: OPTIONAL_FLAG,
      quotaAutoStopped: OPTIONAL_FLAG,
      quotaStoppedAt: OPTIONAL_INSTANT,
      overloadedAt: OPTIONAL_INSTANT,
      overloadStatus: OPTIONAL_TEXT,
      unauthorizedAt: OPTIONAL_INSTANT,
      unauthorizedCount: ['empty', 'integer'],
      blockedAt: OPTIONAL_INSTANT,
      blockedStatus: OPTIONAL_TEXT,
      blockedAutoStopped: OPTIONAL_FLAG,
      countTokensUnavailable: OPTIONAL_FLAG,
      countTokensUnavailableAt: OPTIONAL_INSTANT,
    },
  },
  {
    about: 'a Responses account with what marks and changes leave in it',
    pattern: 'openai_responses_account:{id}',
    type: 'hash',
    lives: [],
    formats: {
      description: OPTIONAL_TEXT,
      ...PROXY,
      updatedAt: ['instant'],
      subscriptionExpiresAt: OPTIONAL_INSTANT,
      dailyQuota: ['decimal'],
      dailyUsage: ['decimal'],
      rateLimitedAt: OPTIONAL_INSTANT,
      rateLimitResetAt: OPTIONAL_INSTANT,
      rateLimitStatus: OPTIONAL_TEXT,
      errorMessage: OPTIONAL_TEXT,
      quotaStoppedAt: OPTIONAL_INSTANT,
      unauthorizedAt: OPTIONAL_INSTANT,
      unauthorizedCount: ['empty', 'integer'],
    },
  },
  {
    about: 'groups of accounts',
    pattern: 'account_groups',
    type: 'set',
    lives: ['for ever'],
    formats: { '[]': ['id'] },
  },
  {
    about: 'a group',
    pattern: 'account_group:{id}',
    type: 'hash',
    lives: ['for ever'],
    formats: {
      id: ['id'],
      name: ['text'],
      platform: ['text'],
      description: OPTIONAL_TEXT,
      createdAt: ['instant'],
      updatedAt: ['instant'],
    },
  },
  {
    about: 'the members of a group',
    pattern: 'account_group_members:{id}',
    type: 'set',
    lives: ['for ever'],
    formats: { '[]': ['id'] },
  },
  ...['claude', 'openai'].map((platform) => ({
    about: 'the groups of an account',
    pattern: `account_groups_reverse:${platform}:{id}`,
    type: 'set',
    lives: ['for ever'] as const,
    formats: { '[]': ['id'] as const },
  })),
  ...['claude-console', 'openai-responses'].flatMap((kind): DocumentedShape[] => [
    {
      about: 'an account that failed is left alone for a while',
      pattern: `temp_unavailable:${kind}:{id}`,
      type: 'string',
      lives: ['any'],
      formats: {
        '': ['object'],
        statusCode: ['number'],
        errorType: ['text'],
        markedAt: ['instant'],
        ttlSeconds: ['number'],
        cooldownSeconds: ['number'],
        expiresAt: ['instant'],
      },
    },
    {
      about: 'the failures of an account, kept for three days',
      pattern: `error_history:${kind}:{id}`,
      type: 'list',
      lives: [3 * DAY],
      formats: {
        '[]': ['object'],
        '[].time': ['instant'],
        '[].status': ['number'],
        '[].errorType': ['text'],
        '[].context': ['object'],
        // Whatever is at hand; for people to read.
        '[].context.*': ['text', 'id'],
      },
    },
  ]),
  {
    about: 'that figures are an estimate: the one thing that is added to what v1 writes, and v1 passes over it',
    pattern: 'usage:records:{id}',
    type: 'list',
    lives: [],
    formats: { '[].estimated': ['boolean'], '[].usageMissing': ['boolean'] },
  },
  {
    about: 'the rest of a window in which requests, tokens and cost of a key are limited',
    pattern: 'rate_limit:window_start:{id}',
    type: 'string',
    lives: ['any'],
    formats: {},
  },
  { about: 'the same', pattern: 'rate_limit:requests:{id}', type: 'string', lives: ['any'], formats: {} },
  { about: 'the same', pattern: 'rate_limit:tokens:{id}', type: 'string', lives: ['any'], formats: {} },
  { about: 'the same', pattern: 'rate_limit:cost:{id}', type: 'string', lives: ['any'], formats: {} },
  {
    about: 'how requests waited for the concurrency of a key',
    pattern: 'concurrency:queue:stats:{id}',
    type: 'hash',
    lives: [7 * DAY],
    formats: Object.fromEntries(
      ['entered', 'success', 'timeout', 'cancelled', 'socket_changed', 'rejected_overload'].map((field) => [
        field,
        ['integer'] as const,
      ]),
    ),
  },
  ...['{id}', 'global'].map((whose) => ({
    about: 'milliseconds that requests waited',
    pattern: `concurrency:queue:wait_times:${whose}`,
    type: 'list',
    lives: [DAY],
    formats: { '[]': ['integer'] as const },
  })),
  {
    about: 'rates of the services',
    pattern: 'system:service_rates',
    type: 'string',
    lives: ['for ever'],
    formats: {
      '': ['object'],
      rates: ['object'],
      ...Object.fromEntries(
        ['claude', 'codex', 'gemini', 'droid', 'bedrock', 'azure', 'ccr'].map((name) => [`rates.${name}`, ['number']]),
      ),
      baseService: ['text'],
      updatedAt: ['instant'],
      updatedBy: ['text'],
    },
  },
  {
    about: 'settings of the relay',
    pattern: 'claude_relay_config',
    type: 'string',
    lives: ['for ever'],
    formats: {
      '': ['object'],
      claudeCodeOnlyEnabled: ['boolean'],
      globalSessionBindingEnabled: ['boolean'],
      sessionBindingErrorMessage: ['text'],
      sessionBindingTtlDays: ['number'],
      userMessageQueueEnabled: ['boolean'],
      userMessageQueueDelayMs: ['number'],
      userMessageQueueTimeoutMs: ['number'],
      userMessageQueueLockTtlMs: ['number'],
      concurrentRequestQueueEnabled: ['boolean'],
      concurrentRequestQueueMaxSize: ['number'],
      concurrentRequestQueueMaxSizeMultiplier: ['number'],
      concurrentRequestQueueTimeoutMs: ['number'],
      concurrentRequestQueueMaxRedisFailCount: ['number'],
      concurrentRequestQueueHealthCheckEnabled: ['boolean'],
      concurrentRequestQueueHealthThreshold: ['number'],
      requestDetailCaptureEnabled: ['boolean'],
      requestDetailRetentionHours: ['number'],
      requestDetailBodyPreviewEnabled: ['boolean'],
      updatedAt: ['instant'],
      updatedBy: ['text'],
    },
  },
];

/** Keys that v1, too, takes away: with what they are about, at the end of a mark, or when a window begins anew. */
export const REMOVED_BY_V1: ReadonlySet<string> = new Set([
  'apikey:{id}',
  'apikey:tag:{tag}',
  'claude_console_account:{id}',
  'openai_responses_account:{id}',
  'account_group:{id}',
  'account_group_members:{id}',
  'account_groups_reverse:claude:{id}',
  'account_groups_reverse:openai:{id}',
  ...['claude-console', 'openai-responses'].flatMap((kind) => [
    `temp_unavailable:${kind}:{id}`,
    `error_history:${kind}:{id}`,
  ]),
]);
