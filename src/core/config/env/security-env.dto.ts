import { EnvFlag, EnvInteger, EnvSecret, EnvText } from './env-variable.js';

const TEN_YEARS_MS = 315_360_000_000;

/** Keys, and who administers. */
export class SecurityEnv {
  @EnvSecret()
  readonly ENCRYPTION_KEY!: string | null;

  @EnvSecret()
  readonly JWT_SECRET!: string | null;

  @EnvSecret()
  readonly METRICS_TOKEN!: string | null;

  @EnvFlag(false)
  readonly ALLOW_PLACEHOLDER_KEY!: boolean;

  @EnvText({
    default: 'cr_',
    accepts: (text) => /^[A-Za-z0-9_.-]{1,32}$/.test(text),
    allowed: '1 to 32 letters, digits, dots, dashes or underscores',
  })
  readonly API_KEY_PREFIX!: string;

  @EnvText()
  readonly ADMIN_USERNAME!: string | null;

  @EnvSecret()
  readonly ADMIN_PASSWORD!: string | null;

  @EnvInteger({ default: 86_400_000, min: 1000, max: TEN_YEARS_MS, zeroIsDefault: true, hint: 'ms' })
  readonly ADMIN_SESSION_TIMEOUT!: number;
}
