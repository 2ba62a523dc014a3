import { isHost, isRedisUrl, parseHostPort } from './address.js';
import { EnvFlag, EnvInteger, EnvList, EnvSecret, EnvText } from './env-variable.js';

export const SENTINEL_PORT = 26_379;

/** Where data is kept. Redis as soon as REDIS_URL, REDIS_HOST or REDIS_SENTINELS is set. */
export class StoreEnv {
  /** May hold a password. */
  @EnvSecret({
    accepts: isRedisUrl,
    allowed: '`redis://[user:password@]host[:port][/db]`, or `rediss://` for TLS',
  })
  readonly REDIS_URL!: string | null;

  @EnvText({ accepts: isHost, allowed: 'a host name or an IP address' })
  readonly REDIS_HOST!: string | null;

  @EnvInteger({ default: 6379, min: 1, max: 65_535, zeroIsDefault: true })
  readonly REDIS_PORT!: number;

  @EnvText()
  readonly REDIS_USERNAME!: string | null;

  @EnvSecret()
  readonly REDIS_PASSWORD!: string | null;

  @EnvInteger({ default: 0, min: 0, max: 65_535 })
  readonly REDIS_DB!: number;

  @EnvFlag(false)
  readonly REDIS_ENABLE_TLS!: boolean;

  @EnvList({
    accepts: (text) => parseHostPort(text, SENTINEL_PORT) !== null,
    allowed: '`host:port` pairs separated by commas; the port is 26379 unless given',
  })
  readonly REDIS_SENTINELS!: readonly string[];

  @EnvText({ default: 'mymaster' })
  readonly REDIS_SENTINEL_NAME!: string;

  @EnvSecret()
  readonly REDIS_SENTINEL_PASSWORD!: string | null;
}
