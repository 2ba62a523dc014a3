import type { AddressInfo } from 'node:net';
import {
  type DynamicModule,
  Global,
  Module,
  type ModuleMetadata,
  type NestApplicationOptions,
  type Provider,
} from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { SettlementBarrier } from '@crs/extension-api';
import { openSqliteStore, STORE_CLIENT, type StoreClient } from '@crs/store';
import { AppConfig } from '../../src/core/config/app-config.js';
import { configureHttp } from '../../src/core/http/configure-http.js';
import { createHttpAdapter } from '../../src/core/http/http-adapter.js';
import { HttpModule } from '../../src/core/http/http.module.js';
import { setupSwagger } from '../../src/core/http/swagger.js';
import { LeftJournals, RequestJournal } from '../../src/core/journal/request-journal.js';
import { MetricsModule } from '../../src/core/metrics/metrics.module.js';
import { Clock, SystemClock } from '../../src/core/time/clock.js';
import { Zone } from '../../src/core/time/zone.js';
import { MemoryJournal, NoLeftJournals } from './memory-journal.js';
import { NOTHING_WAITS } from './nothing-waits.js';
import { testConfig } from './test-config.js';

export interface HttpAppOptions extends ModuleMetadata {
  readonly config?: AppConfig;
  readonly store?: StoreClient;
  readonly clock?: Clock;
  /** Runs after the HTTP set-up and before the routes exist, as a module's own hooks would. */
  readonly prepare?: (app: NestFastifyApplication) => void;
}

export interface HttpApp {
  readonly app: NestFastifyApplication;
  readonly store: StoreClient;
  readonly config: AppConfig;
  /** Where it listens: `http://127.0.0.1:{port}`. */
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

@Global()
@Module({})
class TestPlatformModule {
  static with(providers: Provider[]): DynamicModule {
    return {
      module: TestPlatformModule,
      providers,
      exports: [AppConfig, Clock, LeftJournals, RequestJournal, SettlementBarrier, STORE_CLIENT, Zone],
    };
  }
}

/** Some modules of the gateway behind its real HTTP set-up, on a free port, with an embedded store in memory. */
export async function startHttpApp(options: HttpAppOptions = {}): Promise<HttpApp> {
  const {
    config = testConfig(),
    store = openSqliteStore(':memory:'),
    clock = new SystemClock(),
    prepare,
    ...metadata
  } = options;
  const platform = TestPlatformModule.with([
    { provide: AppConfig, useValue: config },
    { provide: Clock, useValue: clock },
    { provide: STORE_CLIENT, useValue: store },
    Zone,
    { provide: RequestJournal, useFactory: () => new MemoryJournal() },
    { provide: LeftJournals, useFactory: () => new NoLeftJournals() },
    { provide: SettlementBarrier, useValue: NOTHING_WAITS },
  ]);
  const module = await Test.createTestingModule({
    ...metadata,
    imports: [platform, HttpModule, MetricsModule, ...(metadata.imports ?? [])],
  }).compile();

  const appOptions: NestApplicationOptions = { bodyParser: false, logger: false };
  const app = module.createNestApplication<NestFastifyApplication>(createHttpAdapter(config), appOptions);
  configureHttp(app, config);
  setupSwagger(app, config);
  prepare?.(app);
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  const close = async (): Promise<void> => {
    await app.close();
    await store.quit();
  };
  return { app, store, config, port, url: `http://127.0.0.1:${port}`, close };
}
