import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { openSqliteStore } from '@crs/store';
import type { MigrationReport } from '../../src/cli/migrate/migration-report.ts';
import { type BuiltGateway, startBuiltGateway } from '../support/built-gateway.ts';
import { type MigrationRig, startMigrationRig } from '../support/migration-rig.ts';
import { findRedisServer } from '../support/redis-server.ts';
import { loadGolden, readMade, V1_SETTINGS } from '../support/v1-golden.ts';

const program = findRedisServer();
const describeWithRedis = program === null ? describe.skip : describe;
const ENDS_WITHIN_MS = 20_000;

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

describeWithRedis('crs migrate v1-to-v2', () => {
  let rig: MigrationRig;
  let folder: string;
  let env: Record<string, string>;

  beforeAll(async () => {
    rig = await startMigrationRig(String(program));
  });
  beforeEach(async () => {
    await rig.clear();
    folder = mkdtempSync(join(tmpdir(), 'crs-migrate-'));
    env = {
      DATA_DIR: folder,
      ENCRYPTION_KEY: V1_SETTINGS.encryptionKey,
      TIMEZONE_OFFSET: '8',
      REDIS_HOST: rig.server.host,
      REDIS_PORT: String(rig.server.port),
    };
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  afterAll(async () => {
    await rig.stop();
  });

  const start = (args: readonly string[]): ChildProcess =>
    spawn(process.execPath, [resolve('dist/cli.js'), 'migrate', 'v1-to-v2', ...args], {
      cwd: folder,
      env,
      timeout: ENDS_WITHIN_MS,
    });

  const ended = (child: ChildProcess): Promise<Ended> =>
    new Promise((done) => {
      let [stdout, stderr] = ['', ''];
      child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
      child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
      child.on('close', (code) => {
        done({ code, stdout, stderr });
      });
    });

  const run = (...args: string[]): Promise<Ended> => ended(start(args));
  const source = () => `${rig.server.host}:${rig.server.port}/0`;
  const target = () => `${rig.server.host}:${rig.server.port}/1`;

  it('goes to database 1 of the same server, and says so first', async () => {
    await loadGolden(rig.v1, '1.1.314');
    const { code, stdout, stderr } = await run();
    expect(stderr).toBe(`From ${source()} (v1's) to ${target()} (v2's).\n`);
    expect(stdout).toMatch(/^From .* keys\.\n[^]*\n {2}API keys +13 [^]*\nDone\.\n$/);
    expect(stdout).toContain('v2 keeps dates at UTC+8 and makes client keys that begin with "cr_"');
    expect(code).toBe(0);
    expect(await rig.v2.exists('apikey:hash_map')).toBe(1);
  });

  it('shows in a dry run what differs, before and after the switch', async () => {
    await loadGolden(rig.v1, '1.1.314');
    const [key] = readMade('1.1.314').keys;
    const id = key?.id ?? '';
    await run();
    await rig.v1.hset(`apikey:${id}`, 'dailyCostLimit', '77');
    await rig.v1.set(`usage:cost:daily:${id}:2026-11-23`, '5');
    const { code, stdout } = await run('--dry-run', '--json');
    const report = JSON.parse(stdout) as MigrationReport;
    expect(code).toBe(0);
    expect(report.dryRun).toBe(true);
    expect(report.apiKeys).toMatchObject([{ id, fields: [{ field: 'dailyCostLimit', after: '77' }] }]);
    expect(report.costs).toContainEqual(expect.objectContaining({ day: '2026-11-23', keyId: id, source: 5 }));
    expect(await rig.v2.hget(`apikey:${id}`, 'dailyCostLimit')).not.toBe('77');
  });

  it('makes a store that the gateway opens, with keys that work', async () => {
    await loadGolden(rig.v1, '1.1.162');
    const { code } = await run('--to', 'embedded');
    expect(code).toBe(0);
    const { REDIS_HOST: _host, REDIS_PORT: _port, ...rest } = env;
    const gateway: BuiltGateway = await startBuiltGateway({ dataDir: folder, env: rest });
    try {
      const key = readMade('1.1.162').keys[0]?.key ?? '';
      const answer = await fetch(`${gateway.url}/api/v1/models`, { headers: { authorization: `Bearer ${key}` } });
      expect(answer.status).toBe(200);
      const refused = await run('--to', 'embedded');
      expect(refused.stderr).toMatch(/is in use by another process[^]*If the gateway is running, stop it first\.\n$/);
      expect([refused.code, refused.stdout]).toEqual([3, '']);
    } finally {
      await gateway.stop();
    }
  });

  it('revokes in v2 what was revoked in v1 after a trial', async () => {
    await loadGolden(rig.v1, '1.1.314');
    await run('--to', 'embedded');
    const { REDIS_HOST: _host, REDIS_PORT: _port, ...rest } = env;
    const [made] = readMade('1.1.314').keys;
    const ask = async (): Promise<number> => {
      const gateway: BuiltGateway = await startBuiltGateway({ dataDir: folder, env: rest });
      try {
        const headers = { authorization: `Bearer ${made?.key ?? ''}` };
        return (await fetch(`${gateway.url}/api/v1/models`, { headers })).status;
      } finally {
        await gateway.stop();
      }
    };
    expect(await ask()).toBe(200);
    const record = `apikey:${made?.id ?? ''}`;
    const store = openSqliteStore(join(folder, 'relay.db'));
    await store.hset(record, { lastUsedAt: '2099-01-01T00:00:00.000Z' });
    await store.quit();
    // As v1 deletes a key.
    await rig.v1.hset(record, { isDeleted: 'true', isActive: 'false' });
    await run('--to', 'embedded');
    expect(await ask()).toBe(401);
  });

  it('ends with 3, and changes nothing, where the source has lost its data', async () => {
    await loadGolden(rig.v1, '1.1.314');
    await run();
    await rig.v1.flushdb();
    const { code, stdout, stderr } = await run();
    expect([code, stdout]).toEqual([3, '']);
    expect(stderr).toContain('has no API key any more');
    expect((await run('--dry-run')).code).toBe(3);
    expect(await rig.v2.exists('apikey:hash_map')).toBe(1);
    expect((await run('--remove')).code).toBe(0);
  });

  it('ends with 3 where both sides have changed a key, and names it', async () => {
    await loadGolden(rig.v1, '1.1.314');
    await run();
    await rig.v1.set('oem:settings', 'v1');
    await rig.v2.set('oem:settings', 'v2');
    const { code, stdout } = await run();
    expect(code).toBe(3);
    expect(stdout).toContain('In conflict: changed on both sides, left as the target has it:\n  oem:settings\n');
  });

  it('ends with 3 where a dry run would be refused', async () => {
    await loadGolden(rig.v1, '1.1.314');
    await rig.v2.set('foreign', 'data');
    const { code, stdout } = await run('--dry-run');
    expect([code, stdout.includes('Without --dry-run this is refused.')]).toEqual([3, true]);
  });

  it('stops at a Ctrl-C with a clear text', async () => {
    await loadGolden(rig.v1, '1.1.314');
    const many = Array.from({ length: 30_000 }, (_, at): ['set', string, string] => [
      'set',
      `k:${at}`,
      'x'.repeat(200),
    ]);
    await rig.v1.pipeline(many).exec();
    const child = start([]);
    const result = ended(child);
    child.stderr?.once('data', () => child.kill('SIGINT'));
    const { code, stdout } = await result;
    expect([code, stdout.includes('run the command again, and it goes on where it stopped.')]).toEqual([1, true]);
    expect((await run()).code).toBe(0);
    expect(await rig.v2.exists('k:0', 'k:29999')).toBe(2);
  });

  it('brings data back, from an embedded store, too', async () => {
    await loadGolden(rig.v1, '1.1.314');
    await run('--to', 'embedded');
    await rig.v1.flushdb();
    const { code, stderr } = await run('--back', '--from', 'embedded');
    expect([code, stderr]).toEqual([0, `From ${join(folder, 'relay.db')} (v2's) to ${source()} (v1's).\n`]);
    expect(await rig.v1.exists('apikey:hash_map')).toBe(1);
    expect(await rig.v1.keys('v2:*')).toEqual([]);
  });

  it.each<[string, string, string, number]>([
    ['no ENCRYPTION_KEY', 'ENCRYPTION_KEY', '', 3],
    ['a setting that cannot be', 'REDIS_PORT', 'seven', 2],
    ['a wrong password', 'REDIS_PASSWORD', 'not-the-password-of-anyone', 1],
  ])('ends in words with %s', async (_, name, value, expected) => {
    if (name === 'REDIS_PASSWORD') await rig.v1.config('SET', 'requirepass', 'other');
    env[name] = value;
    const { code, stdout, stderr } = await run();
    await rig.v1.config('SET', 'requirepass', '');
    expect([code, stdout]).toEqual([expected, '']);
    expect(stderr).toMatch(/ENCRYPTION_KEY|REDIS_PORT|Redis at .* cannot be used: WRONGPASS/);
    expect(stderr).not.toContain('not-the-password');
  });

  it('warns of a placeholder, and of a zone that v1 read otherwise', async () => {
    await rig.v1.hset('apikey:1', { apiKey: 'f'.repeat(64) });
    Object.assign(env, { ENCRYPTION_KEY: 'CHANGE-THIS-32-CHARACTER-KEY-NOW', TIMEZONE_OFFSET: '0' });
    const { stdout } = await run('--dry-run');
    expect(stdout).toContain('set TIMEZONE_OFFSET=8, or days do not agree.');
    expect(stdout).toContain('v2 uses it only with ALLOW_PLACEHOLDER_KEY=true.');
  });

  it('explains itself', async () => {
    const [help, wrong, where] = [await run('--help'), await run('--form', 'x'), await run('--to', 'http://x')];
    expect([help.code, help.stdout.includes('migrate v1-to-v2')]).toEqual([0, true]);
    expect([wrong.code, where.code]).toEqual([2, 2]);
    expect(wrong.stderr).toMatch(/^Unknown option '--form'[^]*Usage: /);
  });
});
