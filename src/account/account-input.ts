import type { AccountKind, AccountProxy, AccountType } from '@crs/extension-api';
import { ValidationFailedException } from '../core/http/validation.js';
import { type AccountSettings, defaultSettings, type GivenSettings, hasSetting } from './account-record.js';
import { toModelMap } from './field-codecs.js';
import { findUrlFault } from './upstream-url.js';

export interface ProxyInput extends Pick<AccountProxy, 'type' | 'host' | 'port'> {
  readonly username?: string | null;
  /** Left out: the stored one, where it is still the same proxy. */
  readonly password?: string | null;
}

/** What an administrator sets on an account: left out, it stays as it is; null puts it back to its default. */
export interface AccountInput {
  readonly name?: string;
  readonly apiUrl?: string;
  /** In plain text. */
  readonly apiKey?: string;
  readonly description?: string | null;
  readonly priority?: number | null;
  /** A list of models, or an object from requested to upstream model. */
  readonly supportedModels?: object | null;
  readonly userAgent?: string | null;
  readonly rateLimitDuration?: number | null;
  readonly proxy?: ProxyInput | null;
  readonly isActive?: boolean | null;
  readonly accountType?: AccountType | null;
  readonly schedulable?: boolean | null;
  readonly dailyQuota?: number | null;
  readonly quotaResetTime?: string | null;
  readonly maxConcurrentTasks?: number | null;
  readonly disableAutoProtection?: boolean | null;
  readonly interceptWarmup?: boolean | null;
  /** ISO 8601. */
  readonly subscriptionExpiresAt?: string | null;
  readonly providerEndpoint?: AccountSettings['providerEndpoint'] | null;
}

/** The same for an account that is not there yet. */
export interface NewAccountInput extends AccountInput {
  readonly name: string;
  readonly apiUrl: string;
  readonly apiKey: string;
}

/** The kind of account that is written, and how the platform is called. */
export interface AccountTarget {
  readonly platform: string;
  readonly kind: AccountKind;
  /** Upstreams on private addresses are allowed. */
  readonly allowPrivate: boolean;
}

/** The field in which v1 keeps an address without a slash at its end. */
const BASE_ADDRESS_FIELD = 'baseApi';

/**
 * The settings that were given, without the secret and the proxy; null stands for the default. Throws
 * `ValidationFailedException` about what accounts of this kind cannot have.
 */
export function toSettings(target: AccountTarget, input: AccountInput): GivenSettings {
  refuseForeignSettings(target, input);
  const defaults = defaultSettings(target.kind);
  const { subscriptionExpiresAt: expiresAt } = input;
  return {
    name: input.name,
    apiUrl: input.apiUrl === undefined ? undefined : toAddress(target, input.apiUrl),
    description: orDefault(input.description, defaults.description),
    priority: orDefault(input.priority, defaults.priority),
    supportedModels: input.supportedModels === undefined ? undefined : toModelMap(input.supportedModels),
    userAgent: orDefault(input.userAgent, defaults.userAgent),
    rateLimitDuration: orDefault(input.rateLimitDuration, defaults.rateLimitDuration),
    isActive: orDefault(input.isActive, defaults.isActive),
    accountType: orDefault(input.accountType, defaults.accountType),
    schedulable: orDefault(input.schedulable, defaults.schedulable),
    dailyQuota: orDefault(input.dailyQuota, defaults.dailyQuota),
    quotaResetTime: orDefault(input.quotaResetTime, defaults.quotaResetTime),
    maxConcurrentTasks: orDefault(input.maxConcurrentTasks, defaults.maxConcurrentTasks),
    disableAutoProtection: orDefault(input.disableAutoProtection, defaults.disableAutoProtection),
    interceptWarmup: orDefault(input.interceptWarmup, defaults.interceptWarmup),
    subscriptionExpiresAt: typeof expiresAt === 'string' ? new Date(expiresAt) : expiresAt,
    providerEndpoint: orDefault(input.providerEndpoint, defaults.providerEndpoint),
  };
}

/**
 * The proxy to store. One that was given without a password keeps the stored one, but only for the same host, port and
 * user: a password must not be sent to somewhere else because of what was left out.
 */
export function toProxy(given: ProxyInput | null, stored: AccountProxy | null): AccountProxy | null {
  if (given === null) return null;
  const { type, host, port } = given;
  const username = given.username ?? '';
  const isSame = stored?.host === host && stored.port === port && (stored.username ?? '') === username;
  const password = given.password === undefined && isSame ? stored.password : given.password;
  return { type, host, port, ...(username !== '' && { username }), ...(isFilled(password) && { password }) };
}

const isFilled = (text: string | null | undefined): text is string => typeof text === 'string' && text !== '';

const orDefault = <T>(value: T | null | undefined, fallback: T): T | undefined => (value === null ? fallback : value);

function refuseForeignSettings({ platform, kind }: AccountTarget, input: AccountInput): void {
  const foreign = Object.entries(input).filter(([field, value]) => value !== undefined && !hasSetting(kind, field));
  if (foreign.length === 0) return;
  const message = `does not exist for accounts of ${platform}`;
  throw new ValidationFailedException(foreign.map(([field]) => ({ field, message: `${field} ${message}` })));
}

function toAddress({ kind, allowPrivate }: AccountTarget, text: string): string {
  const fault = findUrlFault(text, allowPrivate);
  if (fault !== null) throw new ValidationFailedException([{ field: 'apiUrl', message: `apiUrl ${fault}` }]);
  return kind.urlField === BASE_ADDRESS_FIELD ? text.replace(/\/+$/, '') : text;
}
