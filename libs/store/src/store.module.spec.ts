import 'reflect-metadata';
import { describe, expect, it } from '@jest/globals';
import { Inject, Injectable, Module } from '@nestjs/common';
import type { LoggerService, OnApplicationShutdown } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { openSqliteStore } from './sqlite/sqlite-store.js';
import { STORE_CLIENT } from './store-client.js';
import type { StoreClient } from './store-client.js';
import { StoreModule } from './store.module.js';
import { FakeRedis } from './testing/fake-redis.js';
import { useTemporaryFolder } from './testing/temporary-folder.js';

const CONFIG = Symbol('Config');

/** A feature that writes until its very end, and imports nothing of the store. */
@Injectable()
class Journal implements OnApplicationShutdown {
  constructor(@Inject(STORE_CLIENT) readonly store: StoreClient) {}

  async onApplicationShutdown(): Promise<void> {
    await this.store.set('last-words', 'written');
  }
}

@Module({})
class ConfigModule {}

@Module({ providers: [Journal], exports: [Journal] })
class JournalModule {}

describe('StoreModule', () => {
  const path = useTemporaryFolder();

  it('gives every module the store of the options, and closes it when all others are done', async () => {
    const file = path('store.db');
    const store = StoreModule.forRootAsync({
      imports: [{ module: ConfigModule, providers: [{ provide: CONFIG, useValue: file }], exports: [CONFIG] }],
      inject: [CONFIG],
      useFactory: (named: string) => ({ kind: 'embedded', file: named }),
    });
    const app = await Test.createTestingModule({ imports: [store, JournalModule] }).compile();
    const journal = app.get(Journal);
    await journal.store.set('k', 'x');

    await app.close();

    await expect(journal.store.get('k')).rejects.toThrow('Connection is closed.');
    const reopened = openSqliteStore(file);
    expect(await reopened.mget('k', 'last-words')).toEqual(['x', 'written']);
    await reopened.quit();
  });

  it('logs a lost connection without its secrets', async () => {
    const redis = new FakeRedis();
    const port = await redis.listen();
    const lines: unknown[][] = [];
    const logger: LoggerService = { log: () => undefined, warn: () => undefined, error: (...line) => lines.push(line) };
    const module = StoreModule.forRootAsync({
      useFactory: () => ({
        kind: 'redis',
        host: '127.0.0.1',
        port,
        username: null,
        password: 'the-password',
        db: 0,
        tls: false,
        sentinels: [],
        sentinelName: '',
        sentinelPassword: null,
      }),
    });
    const app = await Test.createTestingModule({ imports: [module] })
      .setLogger(logger)
      .compile();
    const store = app.get<StoreClient & NodeJS.EventEmitter>(STORE_CLIENT);
    store.emit('error', new Error('connect ECONNREFUSED'));
    await app.close();
    await redis.close();

    expect(lines).toEqual([
      [{ message: 'The store failed', reason: 'connect ECONNREFUSED', suppressed: 0 }, undefined, 'StoreModule'],
    ]);
  });

  it('says that it waits for a Redis that is not there yet', async () => {
    const gone = new FakeRedis();
    const port = await gone.listen();
    await gone.close();
    const redis = new FakeRedis();
    const lines: unknown[] = [];
    const logger: LoggerService = {
      log: () => undefined,
      error: () => undefined,
      warn: (line) => {
        lines.push(line);
        void redis.listen(port);
      },
    };
    const nobody = { username: null, password: null, sentinelName: '', sentinelPassword: null };
    const options = { kind: 'redis', host: '127.0.0.1', port, db: 0, tls: false, sentinels: [], ...nobody } as const;
    const module = StoreModule.forRootAsync({ useFactory: () => options });
    const app = await Test.createTestingModule({ imports: [module] })
      .setLogger(logger)
      .compile();
    expect(lines).toEqual([{ message: `waiting for Redis at 127.0.0.1:${port}` }]);
    await app.close();
    await redis.close();
  });
});
