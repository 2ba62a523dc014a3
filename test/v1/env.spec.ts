import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { AppConfig } from '../../src/core/config/app-config.js';
import { loadConfig } from '../../src/core/config/load-config.js';

/** Every variable that v1 reads, as an administrator may have written it. */
const V1_ENV = `
# Server
PORT=3100
HOST=0.0.0.0
NODE_ENV=production
TRUST_PROXY=true
ENABLE_CORS=true
REQUEST_TIMEOUT=0 # v1 reads 0 as its default
REQUEST_MAX_SIZE_MB=60
TIMEZONE_OFFSET=5.5
TZ=Asia/Shanghai
METRICS_WINDOW=5
HEALTH_CHECK_INTERVAL=60000
CLEANUP_INTERVAL=3600000
TOKEN_USAGE_RETENTION=2592000000
SYSTEM_TIMEZONE=Asia/Shanghai
APP_VERSION=1.1.314
VERSION=1.1.314
BIND_HOST=127.0.0.1
REDIS_WEB_PORT=8081
GRAFANA_ADMIN_PASSWORD=admin
JEST_WORKER_ID=1

# Security
JWT_SECRET='a-jwt-secret-that-is-long-enough-for-v1'
ADMIN_SESSION_TIMEOUT=86400000
API_KEY_PREFIX=cr_
ENCRYPTION_KEY="golden-encryption-key-32-chars!!"
ADMIN_USERNAME=cr_admin_golden
ADMIN_PASSWORD=Golden-Passw0rd!
WEB_SESSION_SECRET=CHANGE-THIS-SESSION-SECRET

# Redis
REDIS_HOST=localhost
REDIS_PORT=6379
REDIS_PASSWORD=
REDIS_DB=0
REDIS_ENABLE_TLS=
REDIS_TLS=false

# Sessions and accounts
STICKY_SESSION_TTL_HOURS=0.5
STICKY_SESSION_RENEWAL_THRESHOLD_MINUTES=15
CLAUDE_API_URL=https://api.anthropic.com/v1/messages
CLAUDE_API_VERSION=2023-06-01
CLAUDE_BETA_HEADER=claude-code-20250219,oauth-2025-04-20
CLAUDE_DEDICATED_ACCOUNT_FALLBACK=false
CLAUDE_OVERLOAD_HANDLING_MINUTES=0
CLAUDE_CONSOLE_BLOCKED_HANDLING_MINUTES=0
CLAUDE_5H_WARNING_MAX_NOTIFICATIONS=1
ACCOUNT_TEST_SCHEDULER_ENABLED=false
CLAUDE_CODE_USE_BEDROCK=1
AWS_REGION=us-east-1
AWS_ACCESS_KEY_ID=none
AWS_SECRET_ACCESS_KEY=none
ANTHROPIC_MODEL=us.anthropic.claude-sonnet-4-20250514-v1:0
ANTHROPIC_SMALL_FAST_MODEL=us.anthropic.claude-3-5-haiku-20241022-v1:0
ANTHROPIC_SMALL_FAST_MODEL_AWS_REGION=us-east-1
CLAUDE_CODE_MAX_OUTPUT_TOKENS=4096
MAX_THINKING_TOKENS=1024
DISABLE_PROMPT_CACHING=1
BEDROCK_MAX_OUTPUT_TOKENS=4096
GEMINI_OAUTH_CLIENT_ID=none
ANTIGRAVITY_ENABLED=false
GOOGLE_CLOUD_PROJECT=none
UPSTREAM_ERROR_503_TTL_SECONDS=60
UPSTREAM_ERROR_5XX_TTL_SECONDS=300
UPSTREAM_ERROR_OVERLOAD_TTL_SECONDS=600
UPSTREAM_ERROR_AUTH_TTL_SECONDS=1800
UPSTREAM_ERROR_TIMEOUT_TTL_SECONDS=300
UPSTREAM_ERROR_MAX_CUSTOM_TTL_SECONDS=1800
UNSTABLE_ERROR_TYPES=
UNSTABLE_ERROR_KEYWORDS=
CONCURRENCY_MAX_LIFETIME_MINUTES=0
CLEAR_CONCURRENCY_QUEUES_ON_STARTUP=true

# Connections
DEFAULT_PROXY_TIMEOUT=60000
MAX_PROXY_RETRIES=3
PROXY_USE_IPV4=true
PROXY_KEEP_ALIVE=
PROXY_MAX_SOCKETS=
PROXY_MAX_FREE_SOCKETS=10
HTTPS_MAX_SOCKETS_STREAM=65535
HTTPS_MAX_SOCKETS_NON_STREAM=16384
HTTPS_MAX_FREE_SOCKETS=2048
HTTPS_FREE_SOCKET_TIMEOUT=30000

# Logs and tracing
LOG_LEVEL=verbose
LOG_MAX_SIZE=10m
LOG_MAX_FILES=5
DEBUG=false
HOT_RELOAD=false
DEBUG_HTTP_TRAFFIC=true
ANTHROPIC_DEBUG_REQUEST_DUMP=false
ANTHROPIC_DEBUG_REQUEST_DUMP_MAX_BYTES=2097152
ANTHROPIC_DEBUG_RESPONSE_DUMP=false
ANTHROPIC_DEBUG_RESPONSE_DUMP_MAX_BYTES=2097152
ANTHROPIC_DEBUG_TOOLS_DUMP=false
ANTIGRAVITY_DEBUG_UPSTREAM_REQUEST_DUMP=false
DUMP_MAX_FILE_SIZE_BYTES=10485760
ANTHROPIC_TOOL_ERROR_CONTINUE=false
ANTHROPIC_TEXT_TOOL_FALLBACK=false

# Users, directory, messages
USER_MANAGEMENT_ENABLED=false
DEFAULT_USER_ROLE=user
USER_SESSION_TIMEOUT=86400000
MAX_API_KEYS_PER_USER=1
ALLOW_USER_DELETE_API_KEYS=false
ALLOW_CUSTOM_CLIENTS=true
DEFAULT_TOKEN_LIMIT=1000000
LDAP_ENABLED=false
LDAP_URL=ldaps://ldap.example.com:636
LDAP_BIND_DN=cn=admin,dc=example,dc=com
LDAP_BIND_PASSWORD=admin_password
LDAP_SEARCH_BASE=dc=example,dc=com
LDAP_SEARCH_FILTER=(uid={{username}})
LDAP_SEARCH_ATTRIBUTES=dn,uid,cn,mail,givenName,sn
LDAP_TIMEOUT=5000
LDAP_CONNECT_TIMEOUT=10000
LDAP_TLS_REJECT_UNAUTHORIZED=true
LDAP_TLS_CA_FILE=/etc/ssl/ca.pem
LDAP_TLS_CERT_FILE=
LDAP_TLS_KEY_FILE=
LDAP_TLS_SERVERNAME=ldap.example.com
LDAP_USER_ATTR_USERNAME=uid
LDAP_USER_ATTR_DISPLAY_NAME=cn
LDAP_USER_ATTR_EMAIL=mail
LDAP_USER_ATTR_FIRST_NAME=givenName
LDAP_USER_ATTR_LAST_NAME=sn
WEBHOOK_ENABLED=true
WEBHOOK_URLS=https://hooks.example.com/a,https://hooks.example.com/b
WEBHOOK_TIMEOUT=10000
WEBHOOK_RETRIES=3
BILLING_EVENTS_ENABLED=true
USER_MESSAGE_QUEUE_ENABLED=false
USER_MESSAGE_QUEUE_DELAY_MS=200
USER_MESSAGE_QUEUE_TIMEOUT_MS=5000
USER_MESSAGE_QUEUE_LOCK_TTL_MS=5000
CLAUDE_CODE_MIN_SYSTEM_PROMPT_MATCHES=0
SYSTEM_PROMPT_THRESHOLD=0.5
BALANCE_SCRIPT_ENABLED=true
QUOTA_CARD_LIMITS_ENABLED=true
QUOTA_CARD_MAX_EXPIRY_DAYS=90
QUOTA_CARD_MAX_TOTAL_COST_LIMIT=1000

# Pages and prices
WEB_TITLE=Claude Relay Service
WEB_DESCRIPTION=Multi-account Claude API relay service with beautiful management interface
WEB_LOGO_URL=/assets/logo.png
PRICE_MIRROR_REPO=owner/repository
GITHUB_REPOSITORY=owner/repository
PRICE_MIRROR_BRANCH=price-mirror
PRICE_MIRROR_FILENAME=prices.json
PRICE_MIRROR_HASH_FILENAME=prices.sha256
PRICE_MIRROR_BASE_URL=https://example.com/base
PRICE_MIRROR_JSON_URL=https://example.com/prices.json
PRICE_MIRROR_HASH_URL=https://example.com/prices.sha256

# Of other programs on the same machine
SOMETHING_ELSE=yes
`;

describe('the settings of v1', () => {
  let cwd: string;
  const load = (text: string): AppConfig => {
    writeFileSync(join(cwd, '.env'), text);
    return loadConfig({ env: {}, cwd });
  };

  beforeEach(() => {
    cwd = mkdtempSync(join(tmpdir(), 'v1-env-'));
  });
  afterEach(() => {
    rmSync(cwd, { recursive: true });
  });

  it('start v2 as they are, and mean what they mean there', () => {
    expect(load(V1_ENV)).toMatchObject({
      env: 'production',
      http: { port: 3100, host: '0.0.0.0', trustProxy: true, cors: true, bodyLimitBytes: 60 * 1024 * 1024 },
      store: { kind: 'redis', host: 'localhost', port: 6379, db: 0, password: null, tls: false },
      encryptionKey: 'golden-encryption-key-32-chars!!',
      apiKeyPrefix: 'cr_',
      zoneOffsetHours: 5,
      logLevel: 'debug',
      relay: { requestTimeoutMs: 600_000, dedicatedFallback: false },
      session: { ttlMs: 1_800_000, renewBelowMs: 900_000 },
      limits: { slotMaxLifeMs: 600_000 },
      marks: { blockedMinutes: 0, authSeconds: 1800, maxCustomSeconds: 1800 },
      egress: { proxyTimeoutMs: 60_000, proxyMaxSockets: null, proxyUseIpv4: true },
    });
  });

  it('are called ignored in the log where nothing reads them, each once, and no others are', () => {
    const ignored = load(V1_ENV).notes.flatMap((note) => {
      const names = /^Accepted and ignored: ([^(]+) \(/.exec(note)?.[1];
      return names === undefined ? [] : names.split(', ');
    });
    expect(new Set(ignored).size).toBe(ignored.length);
    expect(ignored).toEqual(expect.arrayContaining(['LOG_MAX_SIZE', 'GRAFANA_ADMIN_PASSWORD', 'TZ', 'AWS_REGION']));
    expect(ignored).not.toContain('SOMETHING_ELSE');
    const set = Object.entries(parseEnv(V1_ENV)).flatMap(([name, value]) => (value === '' ? [] : [name]));
    expect(ignored.filter((name) => !set.includes(name))).toEqual([]);
  });

  it('that shorten sessions, or are cut off, are noted', () => {
    const notes = load(V1_ENV).notes.join('\n');
    expect(notes).toContain('STICKY_SESSION_TTL_HOURS');
    expect(notes).toContain('TIMEZONE_OFFSET');
  });

  it.each([
    ['0', '', 0],
    ['0', 'V1_SHARED=true', 8],
    ['-5', 'V1_SHARED=true', -5],
  ])('take TIMEZONE_OFFSET=%s with "%s" for %d', (offset, more, expected) => {
    const text = V1_ENV.replace('TIMEZONE_OFFSET=5.5', `TIMEZONE_OFFSET=${offset}\n${more}`);
    expect(load(text).zoneOffsetHours).toBe(expected);
  });

  it('are refused by name where v1 would have read something else than what is written', () => {
    expect(() => load(V1_ENV.replace('LOG_LEVEL=verbose', 'LOG_LEVEL=loud').replace('PORT=3100', 'PORT=web'))).toThrow(
      /PORT[\s\S]*LOG_LEVEL|LOG_LEVEL[\s\S]*PORT/,
    );
  });
});
