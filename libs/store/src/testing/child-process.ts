import { afterEach } from '@jest/globals';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A script of a spec that runs in a process of its own and prints lines. */
export interface ScriptProcess {
  /** The next line that it prints; null when it has ended. */
  nextLine(): Promise<string | null>;
  /** SIGKILL; resolves when it has ended. Safe to call twice. */
  kill(): Promise<void>;
}

/** Starts TypeScript files as processes. None outlives its case. */
export function useScripts(): (file: string, ...args: string[]) => ScriptProcess {
  const started: ScriptProcess[] = [];
  afterEach(async () => {
    await Promise.all(started.splice(0).map((script) => script.kill()));
  });
  return (file, ...args) => {
    const hooks = fileURLToPath(new URL('./typescript-hooks.mjs', import.meta.url));
    const child = spawn(process.execPath, ['--import', hooks, file, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const script: ScriptProcess = {
      nextLine: async () => {
        const { value, done } = await lines.next();
        return done === true ? null : value;
      },
      kill: () => end(child),
    };
    started.push(script);
    return script;
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'close');
  child.kill('SIGKILL');
  await ended;
}
