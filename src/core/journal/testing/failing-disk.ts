import fs from 'node:fs';
import { afterEach, jest } from '@jest/globals';

type Write = (descriptor: number, buffer: Uint8Array, offset: number) => number;

const systemError = (code: string): Error => Object.assign(new Error(`${code}: as the test says`), { code });

/** The system's disk, which refuses what the case wants it to refuse. */
export class FailingDisk {
  /** Null: it takes everything. */
  refusesWrites: string | null = null;
  refusesSyncs: string | null = null;
  /** Of each write: first so many bytes are taken. */
  takesAtMost = Number.POSITIVE_INFINITY;
  /** Syncs that were asked for and have not ended. */
  running = 0;
  mostRunning = 0;
  syncs = 0;
  /** Set: a sync ends when this does. */
  gate: Promise<void> | null = null;

  begin(): void {
    const write = fs.writeSync.bind(fs) as Write;
    const part: Write = (descriptor, buffer, offset) =>
      write(descriptor, buffer.subarray(0, Math.min(buffer.length, offset + this.takesAtMost)), offset);
    jest.spyOn(fs, 'writeSync').mockImplementation(((descriptor: number, buffer: Uint8Array, offset: number) => {
      if (this.refusesWrites === null) return part(descriptor, buffer, offset);
      if (this.takesAtMost < buffer.length && offset === 0) return part(descriptor, buffer, offset);
      throw systemError(this.refusesWrites);
    }) as typeof fs.writeSync);
    jest.spyOn(fs, 'fdatasync').mockImplementation((_descriptor: number, done: (error: Error | null) => void) => {
      void this.sync().then(done);
    });
  }

  private async sync(): Promise<Error | null> {
    this.syncs += 1;
    this.running += 1;
    this.mostRunning = Math.max(this.mostRunning, this.running);
    await this.gate;
    this.running -= 1;
    return this.refusesSyncs === null ? null : systemError(this.refusesSyncs);
  }
}

/** Puts a disk of its own before the system's for the rest of the case. */
export function useFailingDisk(): () => FailingDisk {
  afterEach(() => {
    jest.restoreAllMocks();
  });
  return () => {
    const disk = new FailingDisk();
    disk.begin();
    return disk;
  };
}
