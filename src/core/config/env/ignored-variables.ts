/** Variables of v1 that are accepted so that its settings start v2 as they are, and why nothing reads them. */
export interface IgnoredVariables {
  readonly reason: string;
  readonly names: readonly string[];
  /** Beginnings of names, where v1 had a family of them. */
  readonly prefixes?: readonly string[];
}

export const IGNORED_VARIABLES: readonly IgnoredVariables[] = [
  {
    reason: 'there are no official Claude accounts here; each account has its own address and settings',
    names: [
      'CLAUDE_API_URL',
      'CLAUDE_API_VERSION',
      'CLAUDE_BETA_HEADER',
      'CLAUDE_OVERLOAD_HANDLING_MINUTES',
      'CLAUDE_5H_WARNING_MAX_NOTIFICATIONS',
      'ACCOUNT_TEST_SCHEDULER_ENABLED',
    ],
  },
  { reason: 'use DEDICATED_ACCOUNT_FALLBACK', names: ['CLAUDE_DEDICATED_ACCOUNT_FALLBACK'] },
  {
    reason: 'there are no Bedrock accounts here',
    names: [
      'CLAUDE_CODE_USE_BEDROCK',
      'AWS_REGION',
      'AWS_ACCESS_KEY_ID',
      'AWS_SECRET_ACCESS_KEY',
      'ANTHROPIC_MODEL',
      'ANTHROPIC_SMALL_FAST_MODEL',
      'ANTHROPIC_SMALL_FAST_MODEL_AWS_REGION',
      'CLAUDE_CODE_MAX_OUTPUT_TOKENS',
      'MAX_THINKING_TOKENS',
      'DISABLE_PROMPT_CACHING',
      'BEDROCK_MAX_OUTPUT_TOKENS',
    ],
  },
  {
    reason: 'there are no Gemini, Antigravity or Vertex accounts here',
    names: ['GOOGLE_CLOUD_PROJECT', 'ANTHROPIC_TOOL_ERROR_CONTINUE', 'ANTHROPIC_TEXT_TOOL_FALLBACK'],
    prefixes: ['GEMINI_OAUTH_', 'ANTIGRAVITY_', 'VERTEX_'],
  },
  {
    reason: 'requests and answers are never written to disk',
    names: [
      'DEBUG_HTTP_TRAFFIC',
      'ANTHROPIC_DEBUG_REQUEST_DUMP',
      'ANTHROPIC_DEBUG_REQUEST_DUMP_MAX_BYTES',
      'ANTHROPIC_DEBUG_RESPONSE_DUMP',
      'ANTHROPIC_DEBUG_RESPONSE_DUMP_MAX_BYTES',
      'ANTHROPIC_DEBUG_TOOLS_DUMP',
      'DUMP_MAX_FILE_SIZE_BYTES',
    ],
  },
  { reason: 'logs go to standard output; rotate them there', names: ['LOG_MAX_SIZE', 'LOG_MAX_FILES'] },
  { reason: 'use LOG_LEVEL', names: ['DEBUG'] },
  { reason: 'there is no hot reload', names: ['HOT_RELOAD'] },
  { reason: 'use REDIS_ENABLE_TLS', names: ['REDIS_TLS'] },
  {
    reason: 'a request whose process has gone drops out of the queue by itself within seconds',
    names: ['CLEAR_CONCURRENCY_QUEUES_ON_STARTUP'],
  },
  { reason: 'a failed attempt goes to another account instead', names: ['MAX_PROXY_RETRIES'] },
  {
    reason: 'idle connections are bounded by HTTPS_FREE_SOCKET_TIMEOUT',
    names: ['HTTPS_MAX_FREE_SOCKETS', 'PROXY_MAX_FREE_SOCKETS'],
  },
  {
    reason: 'v1 itself does not use it',
    names: [
      'DEFAULT_TOKEN_LIMIT',
      'TOKEN_USAGE_RETENTION',
      'HEALTH_CHECK_INTERVAL',
      'WEB_SESSION_SECRET',
      'UNSTABLE_ERROR_TYPES',
      'UNSTABLE_ERROR_KEYWORDS',
      'ALLOW_CUSTOM_CLIENTS',
    ],
  },
  {
    reason: 'scripts given by an administrator are not run on the server',
    names: ['BALANCE_SCRIPT_ENABLED'],
  },
  {
    reason: 'there are no quota cards',
    names: ['QUOTA_CARD_LIMITS_ENABLED', 'QUOTA_CARD_MAX_EXPIRY_DAYS', 'QUOTA_CARD_MAX_TOTAL_COST_LIMIT'],
  },
  {
    reason: 'RELAY_MAX_ATTEMPTS and RELAY_HOLD_MS decide for every platform',
    names: [
      'OPENAI_CAPACITY_SHED_MAX_ATTEMPTS',
      'OPENAI_CAPACITY_SHED_MAX_DELAY_MS',
      'OPENAI_CAPACITY_SHED_BUFFER_BYTES',
      'OPENAI_CAPACITY_SHED_BUFFER_MS',
    ],
  },
  {
    reason: 'model prices come with the release',
    names: [
      'PRICE_MIRROR_REPO',
      'GITHUB_REPOSITORY',
      'PRICE_MIRROR_BRANCH',
      'PRICE_MIRROR_FILENAME',
      'PRICE_MIRROR_HASH_FILENAME',
      'PRICE_MIRROR_BASE_URL',
      'PRICE_MIRROR_JSON_URL',
      'PRICE_MIRROR_HASH_URL',
    ],
  },
  { reason: 'the version is that of the release', names: ['APP_VERSION', 'VERSION'] },
  { reason: 'dates follow TIMEZONE_OFFSET alone', names: ['TZ'] },
  {
    reason: 'it belongs to the container set-up or the tests',
    names: ['BIND_HOST', 'REDIS_WEB_PORT', 'JEST_WORKER_ID'],
    prefixes: ['GRAFANA_'],
  },
];

/** One line per reason for what is set: "accepted and ignored: A, B (reason)". */
export const notesOnIgnored = (setNames: readonly string[]): string[] =>
  IGNORED_VARIABLES.flatMap(({ reason, names, prefixes = [] }) => {
    const found = setNames.filter((name) => names.includes(name) || prefixes.some((prefix) => name.startsWith(prefix)));
    return found.length === 0 ? [] : [`Accepted and ignored: ${found.sort().join(', ')} (${reason})`];
  });
