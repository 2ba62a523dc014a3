import type { LoggerService } from '@nestjs/common';
import { Logger, PinoLogger } from 'nestjs-pino';
import type { DestinationStream } from 'pino';
import type { AppConfig } from '../config/app-config.js';
import { loggerOptions } from './logger.options.js';

/** Where Nest tells what it wires: some seventy lines at each start. */
const WIRING: ReadonlySet<unknown> = new Set([
  'InstanceLoader',
  'NestApplication',
  'NestFactory',
  'RouterExplorer',
  'RoutesResolver',
]);
/** Nest logs what stops a start and throws it as well; whoever starts the process tells it. */
const START_FAULTS = 'ExceptionHandler';

/** The logger of the whole process, before there is any module: every line is JSON from the first one on. */
export function createAppLogger(config: AppConfig, destination?: DestinationStream): LoggerService {
  const params = loggerOptions(config, destination);
  return new AppLogger(new Logger(new PinoLogger(params), params));
}

/** Nest's words about itself for debugging only, everything else as it is. */
class AppLogger implements LoggerService {
  constructor(private readonly target: Logger) {}

  verbose(message: unknown, ...rest: unknown[]): void {
    this.target.verbose(message, ...rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.target.debug(message, ...rest);
  }

  log(message: unknown, ...rest: unknown[]): void {
    if (WIRING.has(rest.at(-1))) this.target.debug(message, ...rest);
    else this.target.log(message, ...rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.target.warn(message, ...rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    if (rest.at(-1) !== START_FAULTS) this.target.error(message, ...rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.target.fatal(message, ...rest);
  }
}
