import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Logger as PinoLogger } from 'nestjs-pino';
import { AppModule, type Extension } from './app.module.js';
import type { AppConfig } from './core/config/app-config.js';
import { ConfigError } from './core/config/config-error.js';
import { loadConfig } from './core/config/load-config.js';
import { configureHttp } from './core/http/configure-http.js';
import { createHttpAdapter } from './core/http/http-adapter.js';
import { setupSwagger } from './core/http/swagger.js';
import { DrainState } from './health/drain-state.js';

/** How long requests that run may take to end once the process was told to stop. */
const DRAIN_MS = 30_000;
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
      bufferLogs: true,
      abortOnError: false,
    },
  );
  app.useLogger(app.get(PinoLogger));
  configureHttp(app, config);
  setupSwagger(app, config);
  return app;
}

/** Runs the process: loads the configuration, listens, and stops in order. A fault at start is one clear text and exit code 1. */
export async function start(extensions: readonly Extension[] = []): Promise<void> {
  try {
    const config = loadConfig();
    const app = await createRelayApp({ config, extensions });
    stopInOrder(app);
    await app.listen(config.http.port, config.http.host);
    const logger = new Logger('Start');
    for (const note of config.notes) logger.warn(note);
    logger.log({ msg: 'Ready', address: await app.getUrl(), store: config.store.kind });
  } catch (error) {
    process.stderr.write(`${describe(error)}\n`);
    process.exit(1);
  }
}

/** One text for a tired admin. The stack of what is not a mistake in the configuration stands in the log already. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ('code' in error && error.code === 'EADDRINUSE')
    return `Cannot listen: ${error.message}. Is the gateway running already? Set PORT to another one.`;
  return error instanceof ConfigError ? error.message : `The gateway cannot run: ${error.message}`;
}

/** Stops once, on whatever comes first: a signal, or the end of the launcher that started us over an IPC channel. */
function stopInOrder(app: NestFastifyApplication): void {
  let stopping = false;
  const stop = (why: string): void => {
    if (stopping) return;
    stopping = true;
    new Logger('Stop').log({ msg: 'Stopping', why });
    app.get(DrainState).begin();
    setTimeout(() => process.exit(1), DRAIN_MS).unref();
    // A kept-alive connection whose answer ends while we stop would hold the server open until its client lets go.
    setInterval(() => { app.getHttpServer().closeIdleConnections(); }, SWEEP_MS).unref();
    app.close().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`${describe(error)}\n`);
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
