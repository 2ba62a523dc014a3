import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule, type Extension } from './app.module.js';
import { Announcements } from './auth/announcements.js';
import type { AppConfig } from './core/config/app-config.js';
import { loadConfig } from './core/config/load-config.js';
import { configureHttp } from './core/http/configure-http.js';
import { createHttpAdapter } from './core/http/http-adapter.js';
import { setupSwagger } from './core/http/swagger.js';
import { createAppLogger } from './core/logging/app-logger.js';
import { describeFatal } from './core/logging/fatal-text.js';
import { DrainState } from './health/drain-state.js';
import { OpenRelays } from './relay/open-relays.js';

/** How long the rest may take: telling the clients, booking what was used, closing the store. */
const END_MS = 5_000;
const SWEEP_MS = 100;

export interface RelayAppOptions {
  readonly config: AppConfig;
  /** Nest modules of an enterprise; they import `@crs/extension-api` only. */
  readonly extensions?: readonly Extension[];
}

/** The whole application, ready to listen. Used by the process, by end-to-end tests and by mains of enterprises. */
export async function createRelayApp({ config, extensions = [] }: RelayAppOptions): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.forRoot(config, extensions),
    createHttpAdapter(config),
    {
      bodyParser: false,
      abortOnError: false,
      logger: createAppLogger(config),
    },
  );
  configureHttp(app, config);
  setupSwagger(app, config);
  return app;
}

/** Runs the process: loads the configuration, listens, and stops in order. A fault at start is one clear text and exit code 1. */
export async function start(extensions: readonly Extension[] = []): Promise<void> {
  try {
    const config = loadConfig();
    const app = await createRelayApp({ config, extensions });
    stopInOrder(app, config.http.drainMs);
    await listen(app, config);
  } catch (error) {
    tell(error);
    process.exit(1);
  }
}

/** What a person must read, such as a generated password, comes last: also when listening failed, it is shown only once. */
async function listen(app: NestFastifyApplication, config: AppConfig): Promise<void> {
  const announcements = app.get(Announcements);
  announcements.hold();
  try {
    await app.listen(config.http.port, config.http.host);
    const logger = new Logger('Start');
    for (const note of config.notes) logger.warn(note);
    logger.log({ msg: 'Ready', address: await app.getUrl(), store: config.store.kind });
  } finally {
    announcements.release();
  }
}

function tell(error: unknown): void {
  const { logLine, text } = describeFatal(error, new Date());
  if (logLine !== null) process.stdout.write(`${logLine}\n`);
  process.stderr.write(`${text}\n`);
}

/** Stops once, on whatever comes first: a signal, or the end of the launcher that started us over an IPC channel. */
function stopInOrder(app: NestFastifyApplication, drainMs: number): void {
  let stopping = false;
  const stop = (why: string): void => {
    if (stopping) return;
    stopping = true;
    new Logger('Stop').log({ msg: 'Stopping', why });
    app.get(DrainState).begin();
    setTimeout(() => {
      const cut = app.get(OpenRelays).stopAll();
      new Logger('Stop').warn({ msg: 'Ending the answers that still run', cut });
      setTimeout(() => process.exit(1), END_MS).unref();
    }, drainMs).unref();
    // A kept-alive connection whose answer ends while we stop would hold the server open until its client lets go.
    setInterval(() => {
      app.getHttpServer().closeIdleConnections();
    }, SWEEP_MS).unref();
    app.close().then(
      () => process.exit(0),
      (error: unknown) => {
        tell(error);
        process.exit(1);
      },
    );
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      stop(signal);
    });
  if (process.connected)
    process.on('disconnect', () => {
      stop('the launcher has ended');
    });
}
