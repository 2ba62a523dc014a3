import { isHttpUrl } from './address.js';
import { EnvFlag, EnvInteger, EnvList, EnvNumber, EnvText } from './env-variable.js';
import { MAX_TIMER_MS } from './relay-env.dto.js';

const isTimeZone = (text: string): boolean => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: text });
    return true;
  } catch {
    return false;
  }
};

/** Messages to the administrator, and usage events. */
export class NotifyEnv {
  @EnvFlag(true)
  readonly WEBHOOK_ENABLED!: boolean;

  /** The addresses of chat services hold a token. */
  @EnvList({ secret: true, accepts: isHttpUrl, allowed: '`http://` or `https://` addresses between commas' })
  readonly WEBHOOK_URLS!: readonly string[];

  @EnvInteger({ default: 10_000, min: 1, max: MAX_TIMER_MS, zeroIsDefault: true, hint: 'ms' })
  readonly WEBHOOK_TIMEOUT!: number;

  @EnvInteger({ default: 3, min: 1, max: 20, zeroIsDefault: true })
  readonly WEBHOOK_RETRIES!: number;

  @EnvText({ default: 'Asia/Shanghai', accepts: isTimeZone, allowed: 'an IANA time zone' })
  readonly SYSTEM_TIMEZONE!: string;

  @EnvFlag(true)
  readonly BILLING_EVENTS_ENABLED!: boolean;
}

/** What the web console shows. */
export class ConsoleEnv {
  @EnvText({ default: 'Claude Relay Service' })
  readonly WEB_TITLE!: string;

  @EnvText()
  readonly WEB_DESCRIPTION!: string | null;

  @EnvText({ default: '/assets/logo.png' })
  readonly WEB_LOGO_URL!: string;
}

/** Messages of an account one after another, and the clean-up of what that leaves. */
export class SlotsEnv {
  @EnvFlag(false)
  readonly USER_MESSAGE_QUEUE_ENABLED!: boolean;

  @EnvInteger({ default: 200, min: 1, max: MAX_TIMER_MS, zeroIsDefault: true, hint: 'ms' })
  readonly USER_MESSAGE_QUEUE_DELAY_MS!: number;

  @EnvInteger({ default: 5000, min: 1, max: MAX_TIMER_MS, zeroIsDefault: true, hint: 'ms' })
  readonly USER_MESSAGE_QUEUE_TIMEOUT_MS!: number;

  @EnvInteger({ default: 5000, min: 1, max: MAX_TIMER_MS, zeroIsDefault: true, hint: 'ms' })
  readonly USER_MESSAGE_QUEUE_LOCK_TTL_MS!: number;

  @EnvInteger({ default: 3_600_000, min: 1, max: MAX_TIMER_MS, zeroIsDefault: true, hint: 'ms' })
  readonly CLEANUP_INTERVAL!: number;
}

/** How a client is recognised where a key is restricted to some. */
export class ClientCheckEnv {
  @EnvInteger({ default: 0, min: 0, max: 1000, hint: '0: every entry must match' })
  readonly CLAUDE_CODE_MIN_SYSTEM_PROMPT_MATCHES!: number;

  @EnvNumber({ default: 0.5, min: 0, max: 1, zeroIsDefault: true })
  readonly SYSTEM_PROMPT_THRESHOLD!: number;
}
