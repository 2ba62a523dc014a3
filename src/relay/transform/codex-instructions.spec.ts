import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testConfig } from '../../../test/support/test-config.ts';
import { ConfigError } from '../../core/config/config-error.js';
import { CodexInstructions } from './codex-instructions.js';

describe('CodexInstructions', () => {
  let folder: string;
  let path: string;
  let sut: CodexInstructions;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'instructions-'));
    path = join(folder, 'codex.md');
    sut = new CodexInstructions(testConfig({ relay: { codexInstructionsFile: path } }));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  it('has none where no file is named', async () => {
    const none = new CodexInstructions(testConfig());
    await none.onModuleInit();
    expect(none.json).toBeNull();
  });

  it('takes the text of the file as it is', async () => {
    await writeFile(path, ' You are "Codex".\n世界\n');
    await sut.onModuleInit();
    expect(sut.json).toBe('" You are \\"Codex\\".\\n世界\\n"');
  });

  it('takes as much as is allowed', async () => {
    await writeFile(path, 'x'.repeat(262_144));
    await sut.onModuleInit();
    expect(sut.json).toHaveLength(262_146);
  });

  it.each<[string, () => Promise<unknown>, RegExp]>([
    ['is not there', () => Promise.resolve(), /ENOENT/],
    ['is a folder', () => mkdir(path), /- it is no file$/],
    ['is empty', () => writeFile(path, ''), /- it is empty; unset the variable/],
    ['has blanks only', () => writeFile(path, ' \n\t'), /- it is empty; unset the variable/],
    ['is too large', () => writeFile(path, 'x'.repeat(262_145)), /- it has 262145 bytes; at most 262144 are allowed$/],
    ['is no text', () => writeFile(path, Buffer.from([0xff, 0xfe, 0x41])), /- it is no UTF-8 text$/],
  ])('stops the start when the file %s', async (_, prepare, message) => {
    await prepare();
    const failure = await sut.onModuleInit().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ConfigError);
    expect((failure as ConfigError).message).toMatch(
      /^The file of CODEX_INSTRUCTIONS_FILE cannot be used: .*codex\.md\n/,
    );
    expect((failure as ConfigError).message).toMatch(message);
  });
});
