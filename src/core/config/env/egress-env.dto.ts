import { EnvFlag, EnvInteger } from './env-variable.js';
import { MAX_TIMER_MS } from './relay-env.dto.js';

/** Connections to upstreams and proxies. */
export class EgressEnv {
  @EnvFlag(false)
  readonly ALLOW_PRIVATE_UPSTREAMS!: boolean;

  @EnvInteger({ default: 600_000, min: 1, max: MAX_TIMER_MS, zeroIsDefault: true, hint: 'ms' })
  readonly DEFAULT_PROXY_TIMEOUT!: number;

  @EnvFlag(false)
  readonly PROXY_KEEP_ALIVE!: boolean;

  @EnvInteger({ default: null, min: 1, max: 1_000_000, zeroIsDefault: true })
  readonly PROXY_MAX_SOCKETS!: number | null;

  @EnvFlag(true)
  readonly PROXY_USE_IPV4!: boolean;

  @EnvInteger({ default: 65_535, min: 1, max: 1_000_000, zeroIsDefault: true })
  readonly HTTPS_MAX_SOCKETS_STREAM!: number;

  @EnvInteger({ default: 16_384, min: 1, max: 1_000_000, zeroIsDefault: true })
  readonly HTTPS_MAX_SOCKETS_NON_STREAM!: number;

  @EnvInteger({ default: 30_000, min: 1, max: MAX_TIMER_MS, zeroIsDefault: true, hint: 'ms' })
  readonly HTTPS_FREE_SOCKET_TIMEOUT!: number;
}
