import { AccountNames } from '@crs/extension-api';
import { openSqliteStore, type SqliteStore } from '@crs/store';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { TestingModule } from '@nestjs/testing';
import { startAccounts } from '../../test/support/account-app.js';
import {
  CODEX_KIND,
  CONSOLE_KIND,
  putAccounts,
  v1CodexRecord,
  v1ConsoleRecord,
} from '../../test/support/account-fixture.js';

const NOW = Date.parse('2026-11-23T04:00:00.000Z');

describe('AccountNames', () => {
  let store: SqliteStore;
  let module: TestingModule;

  beforeEach(async () => {
    store = openSqliteStore(':memory:', { now: () => NOW });
    module = await startAccounts({ store, now: () => NOW });
    await putAccounts(store, CONSOLE_KIND, v1ConsoleRecord({ id: 'a', name: 'first' }));
    await putAccounts(store, CONSOLE_KIND, v1ConsoleRecord({ id: 'b', name: 'stopped', isActive: 'false' }));
    // Without a secret it can serve nobody.
    await putAccounts(store, CODEX_KIND, v1CodexRecord({ id: 'x', name: 'codex', apiKey: '' }));
  });

  afterEach(async () => {
    await module.close();
    await store.quit();
  });

  it('finds the names of accounts of every platform', async () => {
    const names = await module.get(AccountNames).namesOf(['x', 'gone', 'b']);
    expect(Object.fromEntries(names)).toEqual({ b: 'stopped', x: 'codex' });
  });

  it('counts accounts, and those that can take a request now', async () => {
    await expect(module.get(AccountNames).count()).resolves.toEqual({ total: 3, active: 1 });
  });
});
