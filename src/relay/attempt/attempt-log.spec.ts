import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { testRequestEntry } from '../../../test/support/test-request-entry.ts';
import { SystemClock } from '../../core/time/clock.js';
import type { RequestEntry } from '../requests/request-entry.js';
import { AttemptLog, FLUSH_AT, FLUSH_EVERY_MS, MOST_WAITING } from './attempt-log.js';
import type { AttemptLogRepository } from './attempt-log.repository.js';

const entry = (at: number): RequestEntry => testRequestEntry({ requestId: `req_${String(at)}` });

/** A store that takes its time until it is let go. */
class SlowRepository {
  readonly writes: string[][] = [];
  private readonly held: (() => void)[] = [];
  isSlow = false;
  fault: Error | null = null;

  write = async (entries: readonly RequestEntry[]): Promise<void> => {
    this.writes.push(entries.map(({ requestId }) => requestId));
    if (this.isSlow) await new Promise<void>((resolve) => this.held.push(resolve));
    if (this.fault !== null) throw this.fault;
  };

  letGo(): void {
    this.isSlow = false;
    for (const resolve of this.held.splice(0)) resolve();
  }

  get count(): number {
    return this.writes.reduce((sum, ids) => sum + ids.length, 0);
  }
}

describe('AttemptLog', () => {
  let repository: SlowRepository;
  let sut: AttemptLog;
  let warned: jest.SpiedFunction<Logger['warn']>;

  beforeEach(() => {
    jest.useFakeTimers();
    warned = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    repository = new SlowRepository();
    sut = new AttemptLog(repository as unknown as AttemptLogRepository, new SystemClock());
  });

  afterEach(() => {
    jest.useRealTimers();
    jest.restoreAllMocks();
  });

  const add = (count: number, from = 0): void => {
    for (let at = from; at < from + count; at += 1) sut.add(entry(at));
  };

  it('writes together what came within a moment, and then waits for the next', async () => {
    add(2);
    await jest.advanceTimersByTimeAsync(FLUSH_EVERY_MS - 1);
    expect(repository.writes).toEqual([]);
    await jest.advanceTimersByTimeAsync(1);
    expect(repository.writes).toEqual([['req_0', 'req_1']]);
    await jest.advanceTimersByTimeAsync(10 * FLUSH_EVERY_MS);
    expect(repository.writes).toHaveLength(1);
    add(1, 2);
    await jest.advanceTimersByTimeAsync(FLUSH_EVERY_MS);
    expect(repository.writes).toEqual([['req_0', 'req_1'], ['req_2']]);
    expect(warned).not.toHaveBeenCalled();
  });

  it('does not wait when there is enough for a write', async () => {
    add(FLUSH_AT + 1);
    await jest.advanceTimersByTimeAsync(0);
    expect(repository.writes.map((ids) => ids.length)).toEqual([FLUSH_AT, 1]);
  });

  it('writes at once for a reader, also what came while it was writing', async () => {
    repository.isSlow = true;
    add(1);
    const first = sut.flush();
    await jest.advanceTimersByTimeAsync(0);
    add(1, 1);
    let isWritten = false;
    const second = sut.flush().then(() => (isWritten = true));
    await jest.advanceTimersByTimeAsync(0);
    expect(isWritten).toBe(false);
    repository.letGo();
    await Promise.all([first, second]);
    expect(repository.writes).toEqual([['req_0'], ['req_1']]);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('keeps a bounded number of entries, the newest, and says how many are missing', async () => {
    repository.isSlow = true;
    add(1);
    void sut.flush();
    await jest.advanceTimersByTimeAsync(0);
    add(MOST_WAITING + 3, 1);
    repository.letGo();
    await sut.flush();
    expect(repository.count).toBe(1 + MOST_WAITING);
    expect(repository.writes[1]?.[0]).toBe('req_4');
    expect(repository.writes.at(-1)?.at(-1)).toBe(`req_${String(MOST_WAITING + 3)}`);
    expect(warned).toHaveBeenCalledTimes(1);
    expect(warned).toHaveBeenCalledWith(expect.objectContaining({ dropped: 3 }));
    add(1);
    await sut.flush();
    expect(warned).toHaveBeenCalledTimes(1);
  });

  it('does not try again what the store did not take, and says so', async () => {
    repository.fault = new Error('away');
    add(2);
    await expect(sut.flush()).resolves.toBeUndefined();
    expect(warned).toHaveBeenCalledWith(expect.objectContaining({ lost: 2, err: repository.fault }));
    repository.fault = null;
    add(1, 2);
    await sut.flush();
    expect(repository.writes).toEqual([['req_0', 'req_1'], ['req_2']]);
  });

  it('says once a minute that the store is away, however many requests end meanwhile', async () => {
    repository.fault = new Error('away');
    for (let at = 0; at < 5; at += 1) {
      add(1, at);
      await sut.flush();
    }
    expect(warned).toHaveBeenCalledTimes(1);
    await jest.advanceTimersByTimeAsync(60_000);
    add(1);
    await sut.flush();
    expect(warned).toHaveBeenCalledTimes(2);
    expect(warned).toHaveBeenLastCalledWith(expect.objectContaining({ lost: 1, suppressed: 4 }));
  });

  it('writes what waits before the process ends, and does not wait for ever', async () => {
    repository.isSlow = true;
    add(1);
    let hasEnded = false;
    const end = sut.onApplicationShutdown().then(() => (hasEnded = true));
    await jest.advanceTimersByTimeAsync(0);
    expect(repository.writes).toEqual([['req_0']]);
    expect(hasEnded).toBe(false);
    await jest.advanceTimersByTimeAsync(5000);
    await end;
    repository.letGo();
  });
});
