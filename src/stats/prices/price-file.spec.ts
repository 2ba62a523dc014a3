import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { testConfig } from '../../../test/support/test-config.js';
import { ConfigError } from '../../core/config/config-error.js';
import { PriceFile } from './price-file.js';

describe('PriceFile', () => {
  let folder: string;
  let path: string;
  let sut: PriceFile;
  let warn: jest.SpiedFunction<Logger['warn']>;

  beforeEach(async () => {
    jest.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);
    warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    folder = await mkdtemp(join(tmpdir(), 'prices-'));
    path = join(folder, 'prices.json');
    sut = new PriceFile(testConfig({ pricesFile: path }));
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    await rm(folder, { recursive: true });
  });

  const write = async (text: string, second: number): Promise<void> => {
    await writeFile(path, text);
    await utimes(path, second, second);
  };

  it('has no prices where no file is named', async () => {
    const none = new PriceFile(testConfig());
    await expect(none.readAtStart()).resolves.toEqual(new Map());
    await expect(none.readIfChanged()).resolves.toBeNull();
  });

  it('reads the file at start and again when it has changed', async () => {
    await write('{"a":{"input":1,"output":2}}', 1);
    await expect(sut.readAtStart()).resolves.toMatchObject(new Map([['a', [{ input: 1, output: 2 }]]]));
    await expect(sut.readIfChanged()).resolves.toBeNull();
    await write('{"a":{"input":3,"output":2}}', 2);
    expect((await sut.readIfChanged())?.get('a')).toMatchObject([{ input: 3 }]);
    await expect(sut.readIfChanged()).resolves.toBeNull();
  });

  it.each([
    ['is not there', null, /prices\.json\n(?:Error: )?ENOENT/],
    ['is no JSON', 'prices', /prices\.json\n {2}- it is no JSON object/],
    ['has a mistake', '{"a":{"input":1}}', /\n {2}- a, price 1: input and output are required$/],
    [
      'has many',
      JSON.stringify(Array.from({ length: 25 }, () => 1)).replace(/^(.*)$/, '{"a":$1}'),
      /price 20: .*\n {2}- and more$/,
    ],
  ])('stops the start when the file %s', async (_, text, message) => {
    if (text !== null) await write(text, 1);
    const failure = await sut.readAtStart().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ConfigError);
    expect((failure as ConfigError).message).toMatch(/^The file of PRICES_FILE cannot be used: /);
    expect((failure as ConfigError).message).toMatch(message);
  });

  it('keeps the last prices when the file is broken later, and says so once for each fault', async () => {
    await write('{}', 1);
    await sut.readAtStart();
    await write('{"a":', 2);
    await expect(sut.readIfChanged()).resolves.toBeNull();
    await sut.readIfChanged();
    expect(warn).toHaveBeenCalledTimes(1);
    await rm(path);
    await expect(sut.readIfChanged()).resolves.toBeNull();
    await sut.readIfChanged();
    expect(warn).toHaveBeenCalledTimes(2);
    await write('{"a":{"input":3,"output":2}}', 3);
    expect((await sut.readIfChanged())?.size).toBe(1);
  });
});
