import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ConfigError } from './config-error.js';
import type { EnvSource } from './env.dto.js';
import { loadConfig } from './load-config.js';

const KEY = '0123456789abcdef0123456789abcdef';
const JWT = 'fedcba9876543210fedcba9876543210';

describe('loadConfig', () => {
  let cwd: string;
  const load = (env: EnvSource = {}) => loadConfig({ env, cwd });
  const refusalOf = (env: EnvSource): string => {
    try {
      load(env);
    } catch (error: unknown) {
      if (error instanceof ConfigError) return error.message;
      throw error;
    }
    throw new Error('the configuration was accepted');
  };

  beforeEach(() => {
    cwd = mkdtempSync(join(tmpdir(), 'config-'));
  });
  afterEach(() => {
    rmSync(cwd, { recursive: true });
  });

  describe('on a first start with nothing set', () => {
    it('makes the folder and the secrets, and says so once', () => {
      const first = load();
      const file = join(cwd, 'data', 'secrets.json');
      expect(first.dataDir).toBe(join(cwd, 'data'));
      expect(first.store).toEqual({ kind: 'embedded', file: join(cwd, 'data', 'relay.db') });
      expect(first.notes).toEqual([expect.stringContaining(`New secrets were written to ${file}`)]);
      expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
        encryptionKey: first.encryptionKey,
        jwtSecret: first.jwtSecret,
      });
      expect(statSync(file).mode & 0o777).toBe(0o600);
      expect(statSync(first.dataDir).mode & 0o777).toBe(0o700);

      const second = load({ NODE_ENV: 'production' });
      expect([second.encryptionKey, second.jwtSecret]).toEqual([first.encryptionKey, first.jwtSecret]);
      expect(second.notes).toEqual([]);
    });

    it('keeps secrets that were generated when the database has come', () => {
      const first = load();
      writeFileSync(join(cwd, 'data', 'relay.db'), '');
      expect(load().encryptionKey).toBe(first.encryptionKey);
    });

    it('makes only the folder when the secrets are set', () => {
      const sut = load({ ENCRYPTION_KEY: KEY, JWT_SECRET: JWT, DATA_DIR: 'deep/er' });
      expect(sut).toMatchObject({ encryptionKey: KEY, jwtSecret: JWT, dataDir: join(cwd, 'deep', 'er'), notes: [] });
      expect(existsSync(join(cwd, 'deep', 'er', 'secrets.json'))).toBe(false);
    });
  });

  it('refuses a database whose secrets are gone', () => {
    load();
    writeFileSync(join(cwd, 'data', 'relay.db'), '');
    rmSync(join(cwd, 'data', 'secrets.json'));
    expect(refusalOf({})).toContain('with a new key nothing in it could be opened');
    expect(load({ ENCRYPTION_KEY: KEY }).encryptionKey).toBe(KEY);
  });

  it('refuses a damaged file of secrets, also where the variables are set', () => {
    mkdirSync(join(cwd, 'data'));
    writeFileSync(join(cwd, 'data', 'secrets.json'), '{');
    expect(refusalOf({})).toContain('secrets.json is damaged');
    expect(refusalOf({ ENCRYPTION_KEY: KEY, JWT_SECRET: JWT })).toContain('secrets.json is damaged');
  });

  it('notes a file of secrets that others may read', () => {
    load();
    chmodSync(join(cwd, 'data', 'secrets.json'), 0o644);
    expect(load().notes).toEqual([expect.stringContaining('can be read by others: chmod 600')]);
  });

  it('says when the data folder cannot be made', () => {
    writeFileSync(join(cwd, 'data'), '');
    expect(refusalOf({})).toMatch(/^DATA_DIR: /);
  });

  describe('with Redis', () => {
    it('refuses production without a key, and writes nothing', () => {
      expect(refusalOf({ REDIS_HOST: 'cache', NODE_ENV: 'production' })).toContain('ENCRYPTION_KEY is not set');
      expect(existsSync(join(cwd, 'data'))).toBe(false);
    });

    it('needs no folder when the key is set', () => {
      const sut = load({ REDIS_URL: 'redis://cache', NODE_ENV: 'production', ENCRYPTION_KEY: KEY });
      expect(sut.store.kind).toBe('redis');
      expect(sut.notes).toEqual(['JWT_SECRET is not set: it is derived from ENCRYPTION_KEY']);
      expect(existsSync(join(cwd, 'data'))).toBe(false);
    });

    it('generates a missing key outside production', () => {
      const first = load({ REDIS_HOST: 'cache' });
      expect(first.notes[0]).toContain('New secrets were written to');
      expect(first.notes[1]).toContain('every instance needs the same');
      expect(load({ REDIS_SENTINELS: 'a' }).encryptionKey).toBe(first.encryptionKey);
    });
  });

  describe('a .env file', () => {
    it('is read as v1 read it: comments, quotes, blanks', () => {
      writeFileSync(
        join(cwd, '.env'),
        [
          '# first',
          'PORT=8080   # the port',
          'export ADMIN_USERNAME="root # one"',
          "API_KEY_PREFIX='ck-'",
          'HOST=',
        ].join('\n'),
      );
      const { http, admin, apiKeyPrefix } = load();
      expect({ port: http.port, host: http.host, apiKeyPrefix }).toEqual({
        port: 8080,
        host: '0.0.0.0',
        apiKeyPrefix: 'ck-',
      });
      expect(admin.username).toBe('root # one');
    });

    it('gives way to the environment, also to an empty variable', () => {
      writeFileSync(join(cwd, '.env'), 'PORT=8080\nHOST=10.0.0.1\nREDIS_HOST=cache\n');
      const sut = load({ PORT: '9090', REDIS_HOST: '' });
      expect(sut.http).toMatchObject({ port: 9090, host: '10.0.0.1' });
      expect(sut.store.kind).toBe('embedded');
    });

    it('is checked like the environment', () => {
      writeFileSync(join(cwd, '.env'), 'PORT=many\n');
      expect(refusalOf({})).toContain('PORT: "many" is not allowed');
    });

    it('may be a folder, which is no settings file', () => {
      mkdirSync(join(cwd, '.env'));
      expect(load().http.port).toBe(3000);
    });
  });

  it('puts the notes on secrets, variables and their reading together', () => {
    const notes = load({
      ENCRYPTION_KEY: KEY,
      JWT_SECRET: 'short',
      PORT: '0',
      DEBUG: 'true',
      TIMEZONE_OFFSET: '0',
    }).notes;
    expect(notes).toEqual([
      expect.stringContaining('JWT_SECRET is short'),
      expect.stringContaining('PORT=0'),
      expect.stringContaining('Accepted and ignored: DEBUG'),
      expect.stringContaining('TIMEZONE_OFFSET=0 means UTC'),
    ]);
  });

  it('reads the process itself when nothing is given', () => {
    const kept = { ...process.env };
    Object.assign(process.env, { DATA_DIR: cwd, ENCRYPTION_KEY: KEY, JWT_SECRET: JWT });
    try {
      expect(loadConfig()).toMatchObject({ dataDir: cwd, encryptionKey: KEY, jwtSecret: JWT, env: 'test' });
    } finally {
      process.env = kept;
    }
  });
});
