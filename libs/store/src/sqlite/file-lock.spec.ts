import { describe, expect, it } from '@jest/globals';
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { useScripts } from '../testing/child-process.js';
import { useTemporaryFolder } from '../testing/temporary-folder.js';
import { lockFile } from './file-lock.js';

const HOLDER = fileURLToPath(new URL('../testing/lock-holder.child.ts', import.meta.url));

describe('lockFile', () => {
  const path = useTemporaryFolder();
  const start = useScripts();

  it('makes the file for the owner alone, and leaves nothing else', () => {
    const file = path('lock');
    const sut = lockFile(file, { make: true });
    expect(sut).not.toBeNull();
    expect((statSync(file).mode & 0o777).toString(8)).toBe('600');
    sut?.release();
    sut?.release();
    expect(readdirSync(path(''))).toEqual(['lock']);
  });

  it('is one holder’s at a time, also within a process', () => {
    const file = path('lock');
    const first = lockFile(file, { make: true });
    expect(lockFile(file, { make: true })).toBeNull();
    expect(lockFile(file, { make: false })).toBeNull();
    first?.release();
    const second = lockFile(file, { make: false });
    expect(second).not.toBeNull();
    second?.release();
  });

  it('is not given while another process lives, and given when that was killed', async () => {
    const file = path('lock');
    const holder = start(HOLDER, file);
    expect(await holder.nextLine()).toBe('locked');
    expect(lockFile(file, { make: false })).toBeNull();
    await holder.kill();
    const sut = lockFile(file, { make: false });
    expect(sut).not.toBeNull();
    // A refused attempt within this process did not lose the lock either.
    expect(lockFile(file, { make: false })).toBeNull();
    expect(await start(HOLDER, file).nextLine()).toBe('refused');
    sut?.release();
  });

  it('makes no file where none is wanted, and takes none that is something else', () => {
    expect(() => lockFile(path('lock'), { make: false })).toThrow();
    expect(existsSync(path('lock'))).toBe(false);
    writeFileSync(path('text'), 'x'.repeat(4096));
    expect(() => lockFile(path('text'), { make: true })).toThrow('file is not a database');
  });
});
