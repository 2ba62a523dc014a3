import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { keys, type StoreClient } from '@crs/store';
import { describeOnEachStore } from '../../test/support/each-store.js';
import { type ConfigOverrides, testConfig } from '../../test/support/test-config.js';
import { SystemClock } from '../core/time/clock.js';
import { AdminSetup } from './admin-setup.js';
import { AdminRepository } from './admin.repository.js';
import { Announcements } from './announcements.js';
import { PasswordHasher } from './password-hasher.js';
import { V1AdminFile } from './v1-admin-file.js';

const hasher = new PasswordHasher();
let dataDir: string;
let printed: string[];

beforeEach(() => {
  Logger.overrideLogger(false);
  dataDir = mkdtempSync(join(tmpdir(), 'crs-setup-'));
  printed = [];
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => printed.push(String(text)) > 0);
});

afterEach(() => {
  jest.restoreAllMocks();
  rmSync(dataDir, { recursive: true });
});

function start(store: StoreClient, admin: ConfigOverrides['admin'] = {}): Promise<void> {
  const config = testConfig({ dataDir, admin });
  const admins = new AdminRepository(store, new V1AdminFile(config));
  return new AdminSetup(admins, hasher, config, new SystemClock(), new Announcements()).onApplicationBootstrap();
}

const passwords = (): string[] => [...printed.join('').matchAll(/password: {2}(\S+)/g)].map((match) => match[1] ?? '');

async function opens(store: StoreClient, password: string): Promise<boolean> {
  const text = (await store.hget(keys.admin.current, 'passwordHash')) ?? '';
  return hasher.verify({ kind: 'hash', text }, password);
}

describeOnEachStore('AdminSetup', (store) => {
  it('creates an administrator on the first start only and prints the password once', async () => {
    await start(store());
    const [password = ''] = passwords();
    expect(password).toMatch(/^[\w-]{24}$/);
    expect(printed.join('')).toContain('user name: admin');
    expect(await opens(store(), password)).toBe(true);
    const record = await store().hgetall(keys.admin.current);
    await start(store());
    expect(passwords()).toHaveLength(1);
    expect(await store().hgetall(keys.admin.current)).toEqual(record);
  });

  it('takes name and password from the configuration, and prints no password then', async () => {
    await start(store(), { username: 'root', password: 'from the environment' });
    expect(printed.join('')).not.toContain('from the environment');
    expect(await store().hget(keys.admin.current, 'username')).toBe('root');
    expect(await opens(store(), 'from the environment')).toBe(true);
    await start(store(), { username: 'other', password: 'another' });
    expect(await store().hget(keys.admin.current, 'username')).toBe('root');
  });

  it('agrees on one administrator when several start at once: one password is printed, and it is the right one', async () => {
    await Promise.all([start(store()), start(store()), start(store())]);
    expect(passwords()).toHaveLength(1);
    expect(await opens(store(), passwords()[0] ?? '')).toBe(true);
  });

  it('says that ADMIN_PASSWORD is not used when the administrator exists, and is silent where it is not set', async () => {
    const notes: unknown[] = [];
    jest.spyOn(Logger.prototype, 'warn').mockImplementation((note: unknown) => void notes.push(note));
    await start(store(), { password: 'from the environment' });
    await start(store());
    expect(notes).toEqual([]);
    await start(store(), { password: 'another' });
    expect(notes).toEqual([expect.stringContaining('ADMIN_PASSWORD is used at the first start only')]);
    expect(await opens(store(), 'from the environment')).toBe(true);
  });

  it('leaves it to an administrator of v1', async () => {
    await store().hset(keys.admin.v1Credentials, { username: 'v1', passwordHash: '$2a$10$x' });
    await start(store());
    expect(printed).toEqual([]);
    expect(await store().exists(keys.admin.current)).toBe(0);
  });
});
