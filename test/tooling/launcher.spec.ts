import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { LauncherProject, type LauncherRun } from './launcher-project.ts';

const EVERYTHING = [expect.stringMatching(/^npm pnpm@\d/), 'pnpm install true undefined', 'pnpm run build'];

describe('launcher', () => {
  let sut: LauncherProject;

  beforeEach(() => {
    sut = new LauncherProject();
  });
  afterEach(() => {
    sut.remove();
  });

  const startAndStop = async (env = {}): Promise<LauncherRun> => {
    const run = sut.run(['start'], env);
    await run.said('up');
    run.kill('SIGTERM');
    await run.ended;
    return run;
  };

  const leftovers = (): string[] =>
    readdirSync(sut.path('.toolchain')).filter((name) => name.startsWith('.') || name.includes('lock'));

  describe('preparing', () => {
    it('brings what is missing on the first start and touches nothing on the second', async () => {
      const first = await startAndStop({ NODE_ENV: 'production' });
      expect(sut.calls()).toEqual(EVERYTHING);
      expect(first.output()).toContain('> Installing the dependencies\n> Building\nup production');
      sut.forgetCalls();
      const second = await startAndStop();
      expect(sut.calls()).toEqual([]);
      expect(second.output()).toBe('up undefined\nasked to stop\n');
    });

    it('fetches Node.js where the one at hand is too old, and runs everything with it', async () => {
      const run = sut.runOnOldNode(['start'], { FAKE_EXIT: '0' });
      await run.ended;
      expect(sut.calls()).toEqual([expect.stringMatching(/^npm node-.*@24\.\d/), ...EVERYTHING]);
      expect(run.output()).toContain('up');
    });

    it('builds again when a source has changed, not when a spec has', async () => {
      await startAndStop();
      sut.forgetCalls();
      sut.write('src/main.spec.ts', 'spec');
      await startAndStop();
      expect(sut.calls()).toEqual([]);
      sut.write('libs/one/src/index.ts', 'changed');
      await startAndStop();
      expect(sut.calls()).toEqual(['pnpm run build']);
    });

    it.each(['libs/one/package.json', 'pnpm-lock.yaml', 'package.json'])(
      'installs again when %s has changed',
      async (name) => {
        await startAndStop();
        sut.forgetCalls();
        sut.write(name, '{ "type": "module" }');
        await startAndStop();
        expect(sut.calls()).toEqual(EVERYTHING.slice(1));
      },
    );

    it.each([
      ['node_modules', EVERYTHING.slice(1, 2)],
      ['dist', EVERYTHING.slice(2)],
      ['libs/one/dist', EVERYTHING.slice(2)],
    ])('mends a copy whose %s is gone', async (name, calls) => {
      await startAndStop();
      sut.forgetCalls();
      rmSync(sut.path(name), { recursive: true });
      await startAndStop();
      expect(sut.calls()).toEqual(calls);
    });

    it('starts over after it was stopped while it fetched', async () => {
      const stopped = sut.runOnOldNode(['start'], { FAKE_NPM: 'slow' });
      await untilThere(() => sut.calls().length > 0);
      stopped.kill('SIGTERM');
      expect(await stopped.ended).toEqual({ code: 143, signal: null });
      const next = sut.runOnOldNode(['start'], { FAKE_EXIT: '0' });
      await next.ended;
      expect(next.output()).toContain('up');
      expect(leftovers()).toEqual([]);
    });

    it('waits for the tool that a killed start has left behind, then starts over', async () => {
      const killed = sut.runOnOldNode(['start'], { FAKE_NPM: 'slow' });
      await untilThere(() => sut.calls().length > 0);
      killed.kill('SIGKILL');
      const next = sut.runOnOldNode(['start'], { FAKE_EXIT: '0' });
      await next.said('Waiting for another start');
      sut.write('calls.log.go', '');
      expect((await next.ended).code).toBe(0);
      expect(next.output()).toContain('up');
      expect(leftovers()).toEqual([]);
    });

    it('takes over a lock whose holder has died', async () => {
      mkdirSync(sut.path('.toolchain/lock'), { recursive: true });
      const dead = { pid: 2 ** 22 + 1, host: hostname(), tool: null };
      writeFileSync(sut.path('.toolchain/lock/owner.json'), JSON.stringify(dead));
      await startAndStop();
      expect(sut.calls()).toEqual(EVERYTHING);
    });

    it('lets two starts at once prepare only once', async () => {
      const runs = [sut.run(['start']), sut.run(['start']), sut.run(['start'])];
      await Promise.all(runs.map((run) => run.said('up')));
      for (const run of runs) run.kill('SIGTERM');
      await Promise.all(runs.map((run) => run.ended));
      expect(sut.calls()).toEqual(EVERYTHING);
    });
  });

  describe('failing', () => {
    it.each([
      ['no network', { FAKE_NPM: 'offline' }, /^Fetching pnpm@.* failed\. The npm registry cannot be reached\./m],
      ['a lock file that does not fit', { FAKE_PNPM: 'outdated' }, /pnpm-lock\.yaml does not fit/],
      ['a full disk', { FAKE_PNPM: 'full' }, /no space left on the disk/],
      ['something else', { FAKE_PNPM: 'odd' }, /failed with code 1:\nsomething odd/],
      ['a build error', { FAKE_PNPM: 'broken' }, /The build failed with code 1:\nsrc\/main\.ts\(1,1\): error TS1005/],
    ])('says what to do about %s', async (_what, env, message) => {
      const run = sut.run(['start'], env);
      expect(await run.ended).toEqual({ code: 1, signal: null });
      expect(run.output()).toMatch(message);
      expect(run.output()).not.toContain('    at ');
      expect(existsSync(sut.path('.toolchain/lock'))).toBe(false);
    });

    it('refuses a Node.js that is not what was asked for', async () => {
      const run = sut.runOnOldNode(['start'], { FAKE_NPM: 'wrong-version' });
      expect((await run.ended).code).toBe(1);
      expect(run.output()).toContain('it said: 22.0.0). Install Node.js 24');
      expect(existsSync(sut.path('node_modules'))).toBe(false);
    });

    it('explains itself when it does not know the command', async () => {
      const run = sut.run(['fly']);
      expect((await run.ended).code).toBe(1);
      expect(run.output()).toContain('Usage:');
    });
  });

  describe('running', () => {
    it('passes the exit code on', async () => {
      expect(await sut.run(['start'], { FAKE_EXIT: '7' }).ended).toEqual({ code: 7, signal: null });
    });

    it('passes a signal on once, and ends well when the gateway does', async () => {
      const run = sut.run(['start']);
      await run.said('up');
      run.kill('SIGTERM');
      run.kill('SIGTERM');
      expect(await run.ended).toEqual({ code: 0, signal: null });
      expect(run.output().split('asked to stop')).toHaveLength(2);
    });

    it('ends the gateway when it is killed itself', async () => {
      const run = sut.run(['start']);
      await run.said('up');
      run.kill('SIGKILL');
      // The output closes only when nobody holds it any more: the gateway has ended, too.
      await run.ended;
      expect(run.output()).toContain('asked to stop');
    });

    it('runs the tests as tests, with the arguments that were given', async () => {
      const run = sut.run(['test', 'src/relay', '--bail'], {
        NODE_ENV: 'production',
        NODE_OPTIONS: '--no-deprecation',
      });
      expect((await run.ended).code).toBe(0);
      const [args, nodeEnv, nodeOptions] = JSON.parse(run.output().trim().split('\n').at(-1) ?? '') as [
        string[],
        string,
        string,
      ];
      expect([args, nodeEnv]).toEqual([['src/relay', '--bail'], 'test']);
      expect(nodeOptions).toMatch(/^--no-deprecation --experimental-vm-modules/);
    });
  });
});

/** The event loop turns until `isThere` holds; the runner's own limit bounds it. */
async function untilThere(isThere: () => boolean): Promise<void> {
  while (!isThere()) await new Promise((resolve) => setImmediate(resolve));
}
