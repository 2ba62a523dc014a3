import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ConfigError } from './config-error.js';
import { ENV_VARIABLES, type EnvSource, loadEnv } from './env.dto.js';
import { IGNORED_VARIABLES } from './env/ignored-variables.js';

const read = (source: EnvSource) => loadEnv(source).env;
const notesOf = (source: EnvSource) => loadEnv(source).notes;
const refusalOf = (source: EnvSource): string => {
  try {
    loadEnv(source);
  } catch (error: unknown) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('the environment was accepted');
};
const ALL = [...ENV_VARIABLES.used, ...ENV_VARIABLES.notUsedYet];

describe('loadEnv', () => {
  it('reads nothing as the defaults, without a note', () => {
    const { env, notes } = loadEnv({});
    expect(notes).toEqual([]);
    expect(env.server).toEqual({
      NODE_ENV: 'development',
      HOST: '0.0.0.0',
      PORT: 3000,
      DATA_DIR: './data',
      TRUST_PROXY: false,
      ENABLE_CORS: false,
      REQUEST_MAX_SIZE_MB: 100,
      SHUTDOWN_TIMEOUT: 25_000,
      SWAGGER_ENABLED: true,
      LOG_LEVEL: 'info',
      TIMEZONE_OFFSET: 8,
      METRICS_WINDOW: 5,
      PRICES_FILE: null,
      V1_SHARED: false,
    });
    expect(env.relay).toEqual({
      RELAY_MAX_ATTEMPTS: 5,
      REQUEST_TIMEOUT: 600_000,
      UPSTREAM_FIRST_BYTE_TIMEOUT: 120_000,
      UPSTREAM_IDLE_TIMEOUT: 60_000,
      RELAY_HOLD_MS: 10_000,
      RATE_LIMIT_WAIT_MS: 2_000,
      DEDICATED_ACCOUNT_FALLBACK: null,
      STICKY_SESSION_TTL_HOURS: null,
      STICKY_SESSION_RENEWAL_THRESHOLD_MINUTES: null,
      CODEX_INSTRUCTIONS_FILE: null,
    });
  });

  it('reads every kind of value', () => {
    const { server, store, relay } = read({
      PORT: ' 8080 ',
      HOST: ' ::1 ',
      TRUST_PROXY: 'true',
      SWAGGER_ENABLED: 'false',
      NODE_ENV: 'production',
      TIMEZONE_OFFSET: '-5',
      STICKY_SESSION_TTL_HOURS: '0.5',
      DEDICATED_ACCOUNT_FALLBACK: 'false',
      REDIS_SENTINELS: ' a:26379 , ,[::1]:1,b ',
      REDIS_PASSWORD: ' kept as it is ',
    });
    expect(server).toMatchObject({ PORT: 8080, HOST: '::1', TRUST_PROXY: true, SWAGGER_ENABLED: false });
    expect(server).toMatchObject({ NODE_ENV: 'production', TIMEZONE_OFFSET: -5 });
    expect(relay).toMatchObject({ STICKY_SESSION_TTL_HOURS: 0.5, DEDICATED_ACCOUNT_FALLBACK: false });
    expect(store).toMatchObject({ REDIS_SENTINELS: ['a:26379', '[::1]:1', 'b'], REDIS_PASSWORD: ' kept as it is ' });
  });

  it('reads the environment of the process when none is given', () => {
    expect(loadEnv().env.server.NODE_ENV).toBe('test');
  });

  it('takes an empty variable for an unset one, whichever it is', () => {
    const empty = Object.fromEntries(ALL.map(({ name }) => [name, '']));
    expect(loadEnv(empty)).toEqual(loadEnv({}));
  });

  it('leaves unknown variables alone', () => {
    expect(loadEnv({ HOME: '/root', PORTS: 'x', port: 'y' })).toEqual(loadEnv({}));
  });

  describe('where v1 reads 0 as the default', () => {
    it.each(ALL.filter((variable) => variable.zeroIsDefault))('does so for $name', ({ name }) => {
      expect(loadEnv({ [name]: '0' }).env).toEqual(loadEnv({}).env);
    });

    it.each(ENV_VARIABLES.used.filter((variable) => variable.zeroIsDefault))('notes it for $name', ({ name }) => {
      expect(notesOf({ [name]: '00' })).toEqual([expect.stringMatching(`^${name}=0 is read as .*, as in v1$`)]);
    });

    it('says which default it is', () => {
      expect(notesOf({ PORT: '0' })).toEqual(['PORT=0 is read as its default, 3000, as in v1']);
      expect(notesOf({ STICKY_SESSION_TTL_HOURS: '0.0' })).toEqual([
        'STICKY_SESSION_TTL_HOURS=0 is read as if it were unset, as in v1',
      ]);
    });

    it.each(['CLAUDE_CONSOLE_BLOCKED_HANDLING_MINUTES', 'RELAY_HOLD_MS', 'STICKY_SESSION_RENEWAL_THRESHOLD_MINUTES'])(
      'keeps an explicit 0 of %s, which means something',
      (name) => {
        const { marks, relay } = read({ [name]: '0' });
        expect(Object.assign({}, marks, relay)).toHaveProperty(name, 0);
        expect(notesOf({ [name]: '0' })).toEqual([]);
      },
    );
  });

  describe('what cannot be used', () => {
    it.each([
      ['PORT', '3000x', 'PORT: "3000x" is not allowed; allowed: a whole number from 1 to 65535'],
      ['PORT', '65536', 'PORT: "65536" is not allowed; allowed: a whole number from 1 to 65535'],
      ['PORT', '-1', 'PORT: "-1" is not allowed; allowed: a whole number from 1 to 65535'],
      ['PORT', '1.5', 'PORT: "1.5" is not allowed; allowed: a whole number from 1 to 65535'],
      ['TIMEZONE_OFFSET', '15', 'TIMEZONE_OFFSET: "15" is not allowed; allowed: a number from -12 to 14 (whole hours)'],
      ['TRUST_PROXY', 'yes', 'TRUST_PROXY: "yes" is not allowed; allowed: `true` or `false`'],
      ['NODE_ENV', 'staging', 'NODE_ENV: "staging" is not allowed; allowed: development, production, test'],
      ['HOST', 'a b', 'HOST: "a b" is not allowed; allowed: a host name or an IP address'],
      [
        'ACCOUNT_FAULT_TEXTS',
        'invalid',
        'ACCOUNT_FAULT_TEXTS: "invalid" is not allowed; allowed: at most 50 texts of 8 to 200 characters, separated by `|`',
      ],
    ])('is named with what is wrong and what is allowed: %s=%s', (name, value, message) => {
      expect(refusalOf({ [name]: value })).toBe(`These environment variables cannot be used:\n  - ${message}`);
    });

    it.each([
      ['REQUEST_TIMEOUT', '2147483648'],
      ['ACCOUNT_FAULT_TEXTS', `key revoked|${'x'.repeat(201)}`],
      ['ACCOUNT_FAULT_TEXTS', Array.from({ length: 51 }, (_, i) => `key ${String(i)} revoked`).join('|')],
      ['UPSTREAM_IDLE_TIMEOUT', '0'],
      ['RATE_LIMIT_WAIT_MS', '60001'],
      ['RELAY_MAX_ATTEMPTS', '0'],
      ['RELAY_MAX_ATTEMPTS', 'five'],
      ['API_KEY_PREFIX', 'a key'],
      ['LOG_LEVEL', 'loud'],
      ['STICKY_SESSION_TTL_HOURS', '-1'],
      ['REDIS_SENTINELS', 'a:1,b:99999'],
      ['LDAP_URL', 'http://directory'],
      ['LDAP_SEARCH_FILTER', '(uid=me)'],
      ['SYSTEM_TIMEZONE', 'Mars/Olympus'],
      ['SYSTEM_PROMPT_THRESHOLD', '1.1'],
      ['PORT', '   '],
    ])('includes %s=%s', (name, value) => {
      expect(refusalOf({ [name]: value })).toContain(`\n  - ${name}: `);
    });

    it('is told all at once', () => {
      const lines = refusalOf({ PORT: 'a', REDIS_PORT: 'b', WEBHOOK_RETRIES: 'c', HOST: 'fine' }).trim().split('\n');
      expect(lines.slice(1).map((line) => line.split(':')[0])).toEqual([
        '  - PORT',
        '  - REDIS_PORT',
        '  - WEBHOOK_RETRIES',
      ]);
    });

    it('is cut when it is long', () => {
      expect(refusalOf({ PORT: 'x'.repeat(5000) }).length).toBeLessThan(300);
    });

    it.each([
      ['REDIS_URL', 'http://user:hunter2@host'],
      ['WEBHOOK_URLS', 'https://fine.example,hunter2'],
    ])('is not repeated where it is a secret: %s', (name, value) => {
      const message = refusalOf({ [name]: value });
      expect(message).toContain(`${name}: its value (not shown) is not allowed`);
      expect(message).not.toContain('hunter2');
    });

    it('never makes a number of what is none', () => {
      fc.assert(
        fc.property(fc.string({ minLength: 1 }), (value) => {
          let port: number | string;
          try {
            port = read({ PORT: value }).server.PORT;
          } catch (error: unknown) {
            port = error instanceof ConfigError ? 'refused' : 'broken';
          }
          const trimmed = value.trim();
          const inRange = /^\+?\d+$/.test(trimmed) && Number(trimmed) >= 1 && Number(trimmed) <= 65_535;
          const zero = /^[+-]?0+(\.0*)?$/.test(trimmed);
          expect(port).toBe(inRange ? Number(trimmed) : zero ? 3000 : 'refused');
        }),
      );
    });
  });

  describe('what is accepted without being used', () => {
    it.each(IGNORED_VARIABLES.flatMap(({ names, reason }) => names.map((name) => ({ name, reason }))))(
      'is noted with the reason: $name',
      ({ name, reason }) => {
        expect(notesOf({ [name]: 'anything' })).toEqual([`Accepted and ignored: ${name} (${reason})`]);
        expect(notesOf({ [name]: '' })).toEqual([]);
      },
    );

    it('is found by the beginning of its name where v1 had many', () => {
      expect(notesOf({ ANTIGRAVITY_API_URL: 'x', GEMINI_OAUTH_CLIENT_ID: 'y' })).toEqual([
        'Accepted and ignored: ANTIGRAVITY_API_URL, GEMINI_OAUTH_CLIENT_ID ' +
          '(there are no Gemini, Antigravity or Vertex accounts here)',
      ]);
    });

    it('is noted as not used yet where the feature comes later', () => {
      expect(notesOf({ WEB_TITLE: 'Ours', LDAP_ENABLED: 'true' })).toEqual([
        'Accepted, not used yet: LDAP_ENABLED, WEB_TITLE',
      ]);
    });
  });

  it('knows each variable once', () => {
    const names = [...ALL.map(({ name }) => name), ...IGNORED_VARIABLES.flatMap((group) => group.names)];
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
    const prefixes = IGNORED_VARIABLES.flatMap((group) => group.prefixes ?? []);
    expect(names.filter((name) => prefixes.some((prefix) => name.startsWith(prefix)))).toEqual([]);
  });
});
