import { EnvFlag, EnvInteger, EnvNumber, EnvText } from './env-variable.js';

/** Node's timers wrap to 1 ms above this. */
export const MAX_TIMER_MS = 2_147_483_647;

/** Attempts, deadlines and sessions. */
export class RelayEnv {
  @EnvInteger({ default: 5, min: 1, max: 50 })
  readonly RELAY_MAX_ATTEMPTS!: number;

  @EnvInteger({ default: 600_000, min: 1, max: MAX_TIMER_MS, zeroIsDefault: true, hint: 'ms' })
  readonly REQUEST_TIMEOUT!: number;

  @EnvInteger({ default: 120_000, min: 1, max: MAX_TIMER_MS, hint: 'ms' })
  readonly UPSTREAM_FIRST_BYTE_TIMEOUT!: number;

  @EnvInteger({ default: 60_000, min: 1, max: MAX_TIMER_MS, hint: 'ms' })
  readonly UPSTREAM_IDLE_TIMEOUT!: number;

  @EnvInteger({ default: 10_000, min: 0, max: MAX_TIMER_MS, hint: 'ms' })
  readonly RELAY_HOLD_MS!: number;

  @EnvInteger({ default: 2_000, min: 0, max: 60_000, hint: 'ms; 0: never' })
  readonly RATE_LIMIT_WAIT_MS!: number;

  /** Unset: as V1_SHARED. */
  @EnvFlag(null)
  readonly DEDICATED_ACCOUNT_FALLBACK!: boolean | null;

  /** Unset: 15 days. */
  @EnvNumber({ default: null, min: 0.01, max: 8760, zeroIsDefault: true, hint: 'hours' })
  readonly STICKY_SESSION_TTL_HOURS!: number | null;

  /** Unset: 14/15 of the time to live. */
  @EnvInteger({ default: null, min: 0, max: 525_600, hint: 'minutes; 0: never renewed' })
  readonly STICKY_SESSION_RENEWAL_THRESHOLD_MINUTES!: number | null;

  @EnvText({ allowed: 'the path of a text file of at most 256 KiB' })
  readonly CODEX_INSTRUCTIONS_FILE!: string | null;
}
