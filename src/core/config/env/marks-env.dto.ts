import { EnvInteger, EnvList } from './env-variable.js';

const SEVEN_DAYS_S = 604_800;
const cooldown = (seconds: number) =>
  EnvInteger({ default: seconds, min: 1, max: SEVEN_DAYS_S, zeroIsDefault: true, hint: 'seconds' });

/** How long an account is left out after a failure. */
export class MarksEnv {
  @cooldown(60)
  readonly UPSTREAM_ERROR_503_TTL_SECONDS!: number;

  @cooldown(300)
  readonly UPSTREAM_ERROR_5XX_TTL_SECONDS!: number;

  @cooldown(600)
  readonly UPSTREAM_ERROR_OVERLOAD_TTL_SECONDS!: number;

  @cooldown(1800)
  readonly UPSTREAM_ERROR_AUTH_TTL_SECONDS!: number;

  @cooldown(300)
  readonly UPSTREAM_ERROR_TIMEOUT_TTL_SECONDS!: number;

  @cooldown(1800)
  readonly UPSTREAM_ERROR_MAX_CUSTOM_TTL_SECONDS!: number;

  @EnvInteger({ default: 10, min: 0, max: 10_080, hint: 'minutes; 0: left out of the request only' })
  readonly CLAUDE_CONSOLE_BLOCKED_HANDLING_MINUTES!: number;

  /** A short text would be found in answers that blame the request, and take every account out of use. */
  @EnvList({
    separator: '|',
    most: 50,
    accepts: (text) => text.length >= 8 && text.length <= 200,
    allowed: 'at most 50 texts of 8 to 200 characters, separated by `|`',
  })
  readonly ACCOUNT_FAULT_TEXTS!: readonly string[];
}
