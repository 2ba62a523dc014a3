import { isHost } from './address.js';
import { EnvChoice, EnvFlag, EnvInteger, EnvNumber, EnvText } from './env-variable.js';

/** v1 logged with other level names; they are read as their nearest neighbours. */
export const LOG_LEVELS = {
  fatal: 'fatal',
  error: 'error',
  warn: 'warn',
  info: 'info',
  debug: 'debug',
  trace: 'trace',
  silent: 'silent',
  http: 'debug',
  verbose: 'debug',
  silly: 'trace',
} as const;

/** How the service listens and what it shows. */
export class ServerEnv {
  @EnvChoice(['development', 'production', 'test'], 'development')
  readonly NODE_ENV!: 'development' | 'production' | 'test';

  @EnvText({ default: '0.0.0.0', accepts: isHost, allowed: 'a host name or an IP address' })
  readonly HOST!: string;

  @EnvInteger({ default: 3000, min: 1, max: 65_535, zeroIsDefault: true })
  readonly PORT!: number;

  @EnvText({ default: './data' })
  readonly DATA_DIR!: string;

  @EnvFlag(false)
  readonly TRUST_PROXY!: boolean;

  @EnvFlag(false)
  readonly ENABLE_CORS!: boolean;

  @EnvInteger({ default: 100, min: 1, max: 1024, zeroIsDefault: true, hint: 'MiB' })
  readonly REQUEST_MAX_SIZE_MB!: number;

  @EnvInteger({ default: 25_000, min: 1, max: 3_600_000, zeroIsDefault: true, hint: 'ms' })
  readonly SHUTDOWN_TIMEOUT!: number;

  @EnvFlag(true)
  readonly SWAGGER_ENABLED!: boolean;

  @EnvChoice(Object.keys(LOG_LEVELS), 'info')
  readonly LOG_LEVEL!: keyof typeof LOG_LEVELS;

  /** A fraction is cut off with a note, as v1 does; what 0 means depends on V1_SHARED. */
  @EnvNumber({ default: 8, min: -12, max: 14, hint: 'whole hours' })
  readonly TIMEZONE_OFFSET!: number;

  @EnvInteger({ default: 5, min: 1, max: 60, zeroIsDefault: true, hint: 'minutes' })
  readonly METRICS_WINDOW!: number;

  @EnvText({ allowed: 'the path of a JSON file' })
  readonly PRICES_FILE!: string | null;

  @EnvFlag(false)
  readonly V1_SHARED!: boolean;
}
