import { afterEach } from '@jest/globals';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';

import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

/** Another process that has the file open and writes to it without end. */
export interface Writer {
  /** Resolves when so many writes were acknowledged. */
  acknowledged(count: number): Promise<void>;
  /** SIGKILL; gives the last number that was acknowledged. */
  kill(): Promise<number>;
}

/** Starts a writer and resolves when it has the file open; rejects when it ends before. None outlives its case. */
export function useWriters(): (file: string) => Promise<Writer> {
  const children: ChildProcess[] = [];
  afterEach(() => {
    children.splice(0).forEach((child) => child.kill('SIGKILL'));
  });
  return (file) => {
    const pathOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
    const args = ['--import', pathOf('./typescript-hooks.mjs'), pathOf('./writer.child.ts'), file];
    // What it says when it cannot open the file is tested elsewhere.
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
    children.push(child);
    return follow(child, child.stdout);
  };
}

async function follow(child: ChildProcess, output: Readable): Promise<Writer> {
  let printed = '';
  let wake: () => void = () => undefined;
  const ended = new Promise<void>((resolve) =>
    child.once('close', () => {
      resolve();
    }),
  );
  output.on('data', (chunk: Buffer) => {
    printed += chunk.toString();
    wake();
  });
  /** Whole lines only: what was cut by the kill was not acknowledged. */
  const lines = (): string[] => printed.split('\n').slice(0, -1);
  const untilLines = async (count: number): Promise<void> => {
    while (lines().length < count) {
      const more = new Promise<true>(
        (resolve) =>
          (wake = () => {
            resolve(true);
          }),
      );
      if ((await Promise.race([more, ended])) !== true) throw new Error('The writing process ended.');
    }
  };
  await untilLines(1);
  return {
    acknowledged: (count) => untilLines(count + 1),
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
      return Number(lines().slice(1).at(-1) ?? 0);
    },
  };
}
