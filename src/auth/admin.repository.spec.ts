import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { keys } from '@crs/store';
import { describeOnEachStore } from '../../test/support/each-store.js';
import { testConfig } from '../../test/support/test-config.js';
import { AdminRepository, type NewAdmin } from './admin.repository.js';
import { V1AdminFile } from './v1-admin-file.js';

const ADMIN: NewAdmin = {
  username: 'root',
  passwordHash: '$argon2id$1',
  epoch: 'e1',
  keptSession: null,
  createdAt: new Date('2026-11-23T04:22:30.053Z'),
  updatedAt: new Date('2026-11-23T04:22:30.053Z'),
};

let dataDir: string;
beforeEach(() => {
  Logger.overrideLogger(false);
  dataDir = mkdtempSync(join(tmpdir(), 'crs-admin-'));
});
afterEach(() => {
  rmSync(dataDir, { recursive: true });
});
const leaveFile = (text: string): void => {
  writeFileSync(join(dataDir, 'init.json'), text);
};

describeOnEachStore('AdminRepository', (store) => {
  const newSut = (): AdminRepository => new AdminRepository(store(), new V1AdminFile(testConfig({ dataDir })));

  it('finds nobody in an empty store', async () => {
    expect(await newSut().find()).toBeNull();
  });

  it('gives back what it saved', async () => {
    const sut = newSut();
    expect(await sut.save(ADMIN, null)).toBe(true);
    const found = {
      username: 'root',
      password: { kind: 'hash', text: '$argon2id$1' },
      epoch: 'e1',
      keptSession: null,
      createdAt: ADMIN.createdAt,
      isV1: false,
    };
    expect(await sut.find()).toEqual(found);
    expect(await sut.save({ ...ADMIN, passwordHash: '$argon2id$2', keptSession: 's1' }, await sut.find())).toBe(true);
    expect(await sut.find()).toEqual({ ...found, password: { kind: 'hash', text: '$argon2id$2' }, keptSession: 's1' });
  });

  it('lets exactly one of many who are first at the same time win', async () => {
    const admins = Array.from({ length: 8 }, (_, index) => ({ ...ADMIN, passwordHash: `$argon2id$${index}` }));
    const won = await Promise.all(admins.map((admin) => newSut().save(admin, null)));
    expect(won.filter(Boolean)).toHaveLength(1);
    expect((await newSut().find())?.password.text).toBe(`$argon2id$${won.indexOf(true)}`);
  });

  it('refuses a change that is based on a record that has changed', async () => {
    const sut = newSut();
    await sut.save(ADMIN, null);
    const seen = await sut.find();
    expect(await sut.save({ ...ADMIN, passwordHash: '$argon2id$2' }, seen)).toBe(true);
    expect(await sut.save({ ...ADMIN, passwordHash: '$argon2id$3' }, seen)).toBe(false);
    expect(await sut.save({ ...ADMIN, passwordHash: '$argon2id$3' }, null)).toBe(false);
    expect((await sut.find())?.password.text).toBe('$argon2id$2');
  });

  it('prefers its own record to that in the store of v1, and that to its file', async () => {
    const sut = newSut();
    leaveFile('{"adminUsername":"filed","adminPassword":"plain"}');
    const inFile = { username: 'filed', password: { kind: 'plain', text: 'plain' }, createdAt: null };
    const ofV1 = { epoch: 'v1', keptSession: null, isV1: true };
    expect(await sut.find()).toEqual({ ...inFile, ...ofV1 });
    await store().hset(keys.admin.v1Credentials, { username: 'stored', passwordHash: '$2a$10$x', createdAt: 'never' });
    const inStore = { username: 'stored', password: { kind: 'hash', text: '$2a$10$x' }, createdAt: null };
    expect(await sut.find()).toEqual({ ...inStore, ...ofV1 });
    expect(await sut.save(ADMIN, await sut.find())).toBe(true);
    expect((await sut.find())?.username).toBe('root');
  });

  it.each([
    [keys.admin.v1Credentials, { username: 'stored' }],
    [keys.admin.v1Credentials, { username: '', passwordHash: '$2a$10$x' }],
    [keys.admin.current, { username: 'root', passwordHash: '$argon2id$1' }],
    [keys.admin.current, { username: 'root', tokenEpoch: 'e1' }],
  ])('takes a torn record in %s for none: %j', async (key, record) => {
    await store().hset(key, record);
    expect(await newSut().find()).toBeNull();
  });

  it('takes a record without a kept session', async () => {
    await store().hset(keys.admin.current, { username: 'root', passwordHash: '$argon2id$1', tokenEpoch: 'e1' });
    expect((await newSut().find())?.keptSession).toBeNull();
  });
});

describe('V1AdminFile', () => {
  const newSut = (): V1AdminFile => new V1AdminFile(testConfig({ dataDir }));

  it.each([
    '',
    '{',
    'null',
    '[]',
    '"x"',
    '{"adminUsername":"a"}',
    '{"adminUsername":"a","adminPassword":""}',
    '{"adminUsername":1,"adminPassword":"x"}',
  ])('takes %j for no administrator', async (text) => {
    leaveFile(text);
    expect(await newSut().read()).toBeNull();
  });

  it('reads the names that v1 writes', async () => {
    leaveFile('{"adminUsername":"a","adminPassword":"b","version":"1.0.0"}');
    expect(await newSut().read()).toEqual({ username: 'a', password: 'b' });
  });

  it('passes a fault of the disk on', async () => {
    const sut = new V1AdminFile(testConfig({ dataDir: join(dataDir, 'init.json') }));
    leaveFile('{}');
    await expect(sut.read()).rejects.toThrow('ENOTDIR');
  });
});
