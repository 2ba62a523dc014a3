import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { Readable } from 'node:stream';

const FAKE_TOOLS = resolve('test/tooling/fake-tools');

/** A run of the launcher. */
export interface LauncherRun {
  readonly pid: number;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  /** What it and its children have written so far, both streams in one. */
  output(): string;
  /** Resolves as soon as `text` has been written `times` times; rejects when the run ends without. */
  said(text: string, times?: number): Promise<void>;
  kill(signal: NodeJS.Signals): void;
}

type Child = ChildProcessByStdio<null, Readable, Readable>;

/** A small project of its own that has the real launcher and stand-ins for npm and pnpm. No network is needed. */
export class LauncherProject {
  readonly dir = mkdtempSync(join(tmpdir(), 'crs-launcher-'));
  readonly #children = new Set<Child>();

  constructor() {
    cpSync(resolve('scripts'), this.path('scripts'), { recursive: true });
    this.write('package.json', '{"name":"fake","type":"module"}');
    this.write('pnpm-lock.yaml', 'lock');
    this.write('pnpm-workspace.yaml', 'workspace');
    this.write('src/main.ts', 'main');
    this.write('libs/one/package.json', '{"name":"one"}');
  }

  path(name: string): string {
    return join(this.dir, name);
  }

  write(name: string, text: string): void {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    writeFileSync(this.path(name), text);
  }

  /** What the fake tools were asked, in order. */
  calls(): string[] {
    const log = this.path('calls.log');
    return existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [];
  }

  forgetCalls(): void {
    rmSync(this.path('calls.log'), { force: true });
  }

  run(
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
    nodeArgs: readonly string[] = [],
  ): LauncherRun {
    const child: Child = spawn(process.execPath, [...nodeArgs, this.path('scripts/run.mjs'), ...args], {
      cwd: this.dir,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        HOME: this.dir,
        npm_execpath: join(FAKE_TOOLS, 'npm-cli.js'),
        FAKE_CALLS: this.path('calls.log'),
        FAKE_NODE: process.execPath,
        FAKE_VERSION: /PNPM_VERSION = '(.*)'/.exec(readFileSync('scripts/lib/versions.mjs', 'utf8'))?.[1] ?? '',
        ...env,
      },
    });
    this.#children.add(child);
    return watch(child);
  }

  /** As `run`, but on a Node.js that calls itself 20. */
  runOnOldNode(args: readonly string[], env: Readonly<Record<string, string>> = {}): LauncherRun {
    return this.run(args, env, ['--import', join(FAKE_TOOLS, 'old-node.mjs')]);
  }

  remove(): void {
    for (const child of this.#children) child.kill('SIGKILL');
    rmSync(this.dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  }
}

function watch(child: Child): LauncherRun {
  let output = '';
  const waiting = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      for (const check of waiting) check();
    });
  }
  // 'close', not 'exit': by then everything that was written has been read.
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((done) => {
    child.once('close', (code, signal) => {
      done({ code, signal });
    });
  });
  return {
    pid: child.pid ?? 0,
    ended,
    output: () => output,
    said: async (text, times = 1) => {
      const found = new Promise<void>((done) => {
        const check = (): void => {
          if (output.split(text).length > times) done();
        };
        waiting.add(check);
        check();
      });
      const over = ended.then(() => {
        if (output.split(text).length <= times) throw new Error(`it ended without saying "${text}":\n${output}`);
      });
      await Promise.race([found, over]);
    },
    kill: (signal) => {
      child.kill(signal);
    },
  };
}
