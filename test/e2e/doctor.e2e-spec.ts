import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { keys, openSqliteStore, type StoreClient } from '@crs/store';
import { type BuiltGateway, startBuiltGateway } from '../support/built-gateway.ts';
import { doctorRig, KEYS, requestsAt } from '../support/doctor-rig.ts';
import { openRedisStore } from '../support/each-store.ts';
import { findRedisServer, type RedisServer, startRedisServer } from '../support/redis-server.ts';

const ENDS_WITHIN_MS = 20_000;
const DAY_MS = 86_400_000;
const [KEY = ''] = KEYS;

interface Ended {
  readonly code: number | string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The built command, as an administrator runs it in a folder without settings. */
const runCommand = (args: readonly string[], env: Readonly<Record<string, string>>, cwd: string): Promise<Ended> =>
  new Promise((done) => {
    const options = { cwd, env: { TIMEZONE_OFFSET: '8', ...env }, timeout: ENDS_WITHIN_MS };
    execFile(process.execPath, [resolve('dist/cli.js'), ...args], options, (error, stdout, stderr) => {
      done({ code: error === null ? 0 : (error.code ?? null), stdout, stderr });
    });
  });

/** Books of three days up to now, those of the second with one counter changed if wanted. */
async function writeBooks(store: StoreClient, isDamaged: boolean): Promise<void> {
  const now = Date.now() - DAY_MS / 24;
  const rig = doctorRig(store, new Date(now).toISOString());
  for (const days of [2, 1, 0]) await rig.book(requestsAt(new Date(now - days * DAY_MS).toISOString()));
  if (isDamaged) await store.hincrby(keys.usage.daily(KEY, rig.zone.day(now - DAY_MS)), 'inputTokens', 5);
}

describe('crs doctor usage', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'crs-doctor-'));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const run = (args: readonly string[], env: Readonly<Record<string, string>> = { DATA_DIR: folder }): Promise<Ended> =>
    runCommand(args, env, folder);

  describe('with the embedded store', () => {
    const write = async (isDamaged: boolean): Promise<void> => {
      const store = openSqliteStore(join(folder, 'relay.db'));
      await writeBooks(store, isDamaged);
      await store.quit();
    };

    it('ends with 0 when the books agree', async () => {
      await write(false);
      const { code, stdout, stderr } = await run(['doctor', 'usage']);
      expect(stderr).toBe('');
      expect(stdout).toMatch(/^Books from .*, 2 keys: no difference\.\n/);
      expect(code).toBe(0);
    });

    it('ends with 1 and names what differs', async () => {
      await write(true);
      const { code, stdout } = await run(['doctor', 'usage', '--key', KEY]);
      expect(code).toBe(1);
      expect(stdout).toContain(`key ${KEY}`);
      expect(stdout).toContain(`usage:daily:${KEY}:`);
    });

    it('ends with 2 for a key that nobody knows', async () => {
      await write(false);
      const { code, stdout, stderr } = await run(['doctor', 'usage', '--key', KEY.replace('3', '4')]);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toContain('There is no API key with this id');
    });

    it('says what is in the way of a check while a gateway runs, which answers itself', async () => {
      const gateway: BuiltGateway = await startBuiltGateway({ dataDir: folder });
      try {
        const { code, stdout, stderr } = await run(['doctor', 'usage']);
        expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
        expect(stderr).toMatch(/is in use by another process.*GET \/api\/v2\/stats\/doctor\.\n$/);
        const answer = await gateway.admin.request('GET', '/stats/doctor');
        expect(answer).toMatchObject({ total: 0 });
      } finally {
        await gateway.stop();
      }
    });
  });

  describe('with Redis', () => {
    const program = findRedisServer();
    if (program === null) {
      it.todo('runs on Redis (there is no redis-server on this machine)');
      return;
    }
    let server: RedisServer;

    beforeEach(async () => {
      server = await startRedisServer(program);
    });

    afterEach(async () => {
      await server.stop();
    });

    it.each([
      [0, false],
      [1, true],
    ])('ends with %d, and tells as JSON what it found', async (code, isDamaged) => {
      const store = await openRedisStore(server);
      await writeBooks(store, isDamaged);
      await store.quit();
      const env = { REDIS_URL: `redis://${server.host}:${server.port}` };
      const ended = await run(['doctor', 'usage', '--json'], env);
      expect(ended).toMatchObject({ code, stderr: '' });
      const report = JSON.parse(ended.stdout) as { total: number };
      expect(report.total > 0).toBe(isDamaged);
    });
  });

  it.each([
    [['doctor', 'usage'], 'There is no store at'],
    [['doctor', 'usage', '--deep'], "Unknown option '--deep'"],
    [['doctor', 'usage', '--key', 'me'], '--key must be the id of a key'],
    [['doctor', 'teeth'], 'There is no command "doctor teeth"'],
    [[], 'No command was given'],
  ])('ends with 2, writes nothing and says why: %j', async (args, message) => {
    const { code, stdout, stderr } = await run(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(existsSync(join(folder, 'relay.db'))).toBe(false);
  });

  it('refuses days that are none', async () => {
    openSqliteStore(join(folder, 'relay.db'))
      .quit()
      .catch(() => undefined);
    const { code, stderr } = await run(['doctor', 'usage', '--from', 'monday']);
    expect(code).toBe(2);
    expect(stderr).toContain('from must be a day, YYYY-MM-DD.');
  });

  it.each([[['--help']], [['doctor', 'usage', '-h']]])('explains itself: %j', async (args) => {
    await expect(run(args)).resolves.toMatchObject({ code: 0, stdout: expect.stringContaining('Usage: crs') });
  });
});
