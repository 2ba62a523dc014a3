import { type ChildProcess, fork } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ConfigError } from './config-error.js';
import { createSecrets, findStoredSecrets, isReadableByOthers, makeDataDir, secretsFileIn } from './secrets-file.js';

const modeOf = (path: string) => statSync(path).mode & 0o777;

describe('the file of generated secrets', () => {
  let dir: string;
  let file: string;

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'secrets-'));
    file = secretsFileIn(dir);
  });
  afterEach(() => {
    rmSync(dir, { recursive: true });
  });

  it('is not there at first', () => {
    expect(findStoredSecrets(file)).toBeNull();
  });

  it('holds two different secrets of 256 bits, readable by its owner alone', () => {
    const secrets = createSecrets(file);
    expect(secrets.encryptionKey).toMatch(/^[0-9a-f]{64}$/);
    expect(secrets.jwtSecret).toMatch(/^[0-9a-f]{64}$/);
    expect(secrets.jwtSecret).not.toBe(secrets.encryptionKey);
    expect(modeOf(file)).toBe(0o600);
    expect(isReadableByOthers(file)).toBe(false);
    expect(findStoredSecrets(file)).toEqual(secrets);
    expect(readdirSync(dir)).toEqual(['secrets.json']);
  });

  it('is never replaced', () => {
    const first = createSecrets(file);
    const before = readFileSync(file);
    expect(createSecrets(file)).toEqual(first);
    expect(readFileSync(file)).toEqual(before);
    expect(readdirSync(dir)).toEqual(['secrets.json']);
  });

  it('is the same for processes that start at once', async () => {
    const worker = join(dir, 'worker.cjs');
    writeFileSync(worker, workerSource());
    const race = join(dir, 'race');
    mkdirSync(race);
    const workers = Array.from({ length: 6 }, () => fork(worker, { execArgv: [] }));
    await Promise.all(workers.map(nextMessage));
    const told = workers.map(nextMessage);
    for (const each of workers) each.send(secretsFileIn(race));
    const answers = await Promise.all(told);
    expect(new Set(answers).size).toBe(1);
    expect(answers[0]).toBe(JSON.stringify(findStoredSecrets(secretsFileIn(race))));
    expect(readdirSync(race)).toEqual(['secrets.json']);
  });

  it.each([
    ['nothing', ''],
    ['half of it', '{"encryptionKey": "ab'],
    ['no object', 'null'],
    ['a text', '"secret"'],
    ['no key', '{"jwtSecret": "abc"}'],
    ['no token secret', '{"encryptionKey": "abc"}'],
    ['an empty key', '{"encryptionKey": "", "jwtSecret": "abc"}'],
    ['a number', '{"encryptionKey": 1, "jwtSecret": "abc"}'],
  ])('stops the start, untouched, when it holds %s', (_, text) => {
    writeFileSync(file, text);
    expect(() => findStoredSecrets(file)).toThrow(ConfigError);
    expect(() => findStoredSecrets(file)).toThrow(/is damaged/);
    expect(() => createSecrets(file)).toThrow(/is damaged/);
    expect(readFileSync(file, 'utf8')).toBe(text);
  });

  it('stops the start when it cannot be read', () => {
    mkdirSync(file);
    expect(() => findStoredSecrets(file)).toThrow(`${file} cannot be read (EISDIR)`);
  });

  it('stops the start when it cannot be written, and says what else would do', () => {
    const elsewhere = secretsFileIn(join(dir, 'missing'));
    expect(() => createSecrets(elsewhere)).toThrow(ConfigError);
    expect(() => createSecrets(elsewhere)).toThrow(/\(ENOENT\).*set ENCRYPTION_KEY and JWT_SECRET yourself/);
  });

  it('is noticed when others may read it', () => {
    createSecrets(file);
    chmodSync(file, 0o640);
    expect(isReadableByOthers(file)).toBe(true);
  });

  describe('makeDataDir', () => {
    it('makes a folder for its owner alone and leaves one that is there', () => {
      const fresh = join(dir, 'a', 'b');
      makeDataDir(fresh);
      expect(modeOf(fresh)).toBe(0o700);
      chmodSync(fresh, 0o750);
      makeDataDir(fresh);
      expect(modeOf(fresh)).toBe(0o750);
    });

    it('says when there cannot be one', () => {
      writeFileSync(join(dir, 'taken'), '');
      expect(existsSync(join(dir, 'taken'))).toBe(true);
      expect(() => {
        makeDataDir(join(dir, 'taken'));
      }).toThrow(/^DATA_DIR: .*taken cannot be made or is no folder/);
    });
  });
});

/** Loads the sources, says that it is ready, waits for the word and answers what it got. */
const workerSource = () => `
  const { readFileSync } = require('node:fs');
  const { resolve } = require('node:path');
  const swc = require(${JSON.stringify(require.resolve('@swc/core'))});
  const options = { jsc: { target: 'es2023', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } };
  const load = (id) => {
    if (!id.startsWith('.')) return require(id);
    const path = resolve(${JSON.stringify(__dirname)}, id.replace(/[.]js$/, '.ts'));
    const exported = {};
    new Function('exports', 'require', swc.transformSync(readFileSync(path, 'utf8'), options).code)(exported, load);
    return exported;
  };
  const { createSecrets } = load('./secrets-file.js');
  process.on('message', (file) => process.send(JSON.stringify(createSecrets(file)), () => process.disconnect()));
  process.send('ready');
`;

const nextMessage = (worker: ChildProcess): Promise<string> =>
  new Promise((resolve, reject) => {
    worker.once('message', (message) => {
      resolve(message as string);
    });
    worker.once('exit', () => {
      reject(new Error('the worker ended without an answer'));
    });
  });
