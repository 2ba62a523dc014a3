import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errorCode } from '../config/error-code.js';

export const FOLDER_MODE = 0o700;
export const FILE_MODE = 0o600;

const SEGMENT_NAME = /^(\d+)\.jsonl$/;
const LOCK_NAME = 'lock';
const IDENTITY_NAME = 'identity';
const UNREAD_END = '.unread';

/** Named so because something in it could not be read: nobody looks for journals there. */
export const isPutAside = (name: string): boolean => name.endsWith(UNREAD_END);

/** Where the journals of all processes are. */
export const journalsIn = (dataDir: string): string => join(dataDir, 'journal');

/** Sorts by the time of the start: `20261123T121815053Z-1f2e3d4c`. */
export function newInstanceName(startedAt: Date): string {
  return `${startedAt.toISOString().replaceAll(/[-:.]/g, '')}-${randomBytes(4).toString('hex')}`;
}

export const journalFolderOf = (dataDir: string, instance: string): JournalFolder =>
  new JournalFolder(join(journalsIn(dataDir), instance));

/**
 * The files of one process: `{number}.jsonl`, `lock`, which is held while the process lives, and `identity`, by which a
 * copy of the folder is told from the folder itself.
 */
export class JournalFolder {
  private ownStoreId: string | null = null;

  constructor(readonly path: string) {}

  get lockFile(): string {
    return join(this.path, LOCK_NAME);
  }

  get hasLock(): boolean {
    return existsSync(this.lockFile);
  }

  get identityFile(): string {
    return join(this.path, IDENTITY_NAME);
  }

  /** Notes which folder this is, and for which store. @throws the system's error */
  identify(): void {
    const words = [...this.readIdentity(), ...(this.ownStoreId === null ? [] : [this.ownStoreId])];
    writeFileSync(this.identityFile, words.join(' '), { mode: FILE_MODE });
  }

  /** Also when it is made anew. @throws the system's error */
  belongsTo(storeId: string): void {
    if (storeId === this.ownStoreId) return;
    this.ownStoreId = storeId;
    if (existsSync(this.identityFile)) this.identify();
  }

  /** The store that its notes are for; null: none is noted. @throws the system's error */
  get storeId(): string | null {
    if (!existsSync(this.identityFile)) return null;
    return readFileSync(this.identityFile, 'utf8').split(' ')[2] ?? null;
  }

  /**
   * Another process may live with the original, and settle the same requests. True only where both what the system
   * numbers the folder by and the time at which it was made differ: some file systems keep only one of them for good.
   *
   * @throws the system's error, but for a folder without identity, which is no copy.
   */
  get isCopy(): boolean {
    if (!existsSync(this.identityFile)) return false;
    const [node, madeAt] = readFileSync(this.identityFile, 'utf8').split(' ');
    const [nodeNow, madeAtNow] = this.readIdentity();
    // A loss of power may have left it empty.
    return madeAt !== undefined && node !== nodeNow && madeAt !== madeAtNow;
  }

  private readIdentity(): readonly [node: string, madeAt: string] {
    const { ino, birthtimeNs } = statSync(this.path, { bigint: true });
    return [String(ino), String(birthtimeNs)];
  }

  segmentFile(number: number): string {
    return join(this.path, `${number}.jsonl`);
  }

  /** Numbers of the segments that are there, oldest first. @throws the system's error when the folder cannot be read. */
  segments(): number[] {
    const numbers = readdirSync(this.path).flatMap((name) => SEGMENT_NAME.exec(name)?.[1] ?? []);
    return numbers.map(Number).sort((one, other) => one - other);
  }

  /** Bytes of a segment. @throws the system's error when it is not there. */
  sizeOf(segment: number): number {
    return statSync(this.segmentFile(segment)).size;
  }

  removeSegment(segment: number): void {
    rmSync(this.segmentFile(segment), { force: true });
  }

  /**
   * Oldest first, so that whatever is left when the process ends on the way still tells the truth: later notes decide.
   * Whoever calls it holds the lock.
   */
  remove(): void {
    this.segments().forEach((segment) => {
      this.removeSegment(segment);
    });
    rmSync(this.identityFile, { force: true });
    rmSync(this.lockFile, { force: true });
    rmdirSync(this.path);
  }

  /** Where it is then. @throws the system's error */
  putAside(): string {
    const path = `${this.path}${UNREAD_END}`;
    renameSync(this.path, path);
    return path;
  }

  /** Makes the names of new files survive a loss of power. Windows cannot open a folder and needs no such thing. */
  async sync(): Promise<void> {
    if (process.platform === 'win32') return;
    for (const path of [this.path, dirname(this.path)]) {
      const folder = await open(path, 'r');
      try {
        await folder.sync();
      } finally {
        await folder.close();
      }
    }
  }
}

export const isMissing = (error: unknown): boolean => errorCode(error) === 'ENOENT';
