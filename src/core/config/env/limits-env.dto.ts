import { EnvInteger } from './env-variable.js';

/** What requests hold while they run. */
export class LimitsEnv {
  @EnvInteger({ default: 10, min: 1, max: 1440, zeroIsDefault: true, hint: 'minutes' })
  readonly CONCURRENCY_MAX_LIFETIME_MINUTES!: number;
}
