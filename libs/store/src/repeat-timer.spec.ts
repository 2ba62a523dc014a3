import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { systemRepeat } from './repeat-timer.js';

describe('systemRepeat', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('calls again and again until it is stopped', () => {
    const work = jest.fn();
    const stop = systemRepeat(work, 100);
    jest.advanceTimersByTime(350);
    expect(work).toHaveBeenCalledTimes(3);
    stop();
    jest.advanceTimersByTime(1_000);
    expect(work).toHaveBeenCalledTimes(3);
  });

  it('keeps no process alive', () => {
    const pathOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
    const program = `
      import { systemRepeat } from ${JSON.stringify(pathOf('./repeat-timer.ts'))};
      systemRepeat(() => undefined, 60_000);
      process.stdout.write('started');
    `;
    const args = ['--import', pathOf('./testing/typescript-hooks.mjs'), '--input-type=module', '--eval', program];
    expect(execFileSync(process.execPath, args, { timeout: 20_000 }).toString()).toBe('started');
  });
});
