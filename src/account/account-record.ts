import {
  type AccountKind,
  type AccountProxy,
  type AccountType,
  type ModelMap,
  type OwnAccountSetting,
  toAccountId,
  type UpstreamAccount,
} from '@crs/extension-api';
import {
  type Codec,
  instant,
  modelMap,
  offByDefault,
  onByDefault,
  oneOf,
  plainText,
  priority,
  proxy,
  readProxy,
  timeOfDay,
  usd,
  wholeNumber,
} from './field-codecs.js';

/** A record as the store keeps it: a hash of texts. A missing field and an empty one mean the same. */
export type RecordFields = Readonly<Record<string, string>>;

/** The names of v1's index and of what belongs to it begin as a record's name does; an id is none of these. */
export const isAccountId = (text: string): boolean => text !== '' && text !== 'index' && !text.includes(':');

export const ACCOUNT_TYPES = ['shared', 'dedicated', 'group'] as const satisfies readonly AccountType[];
export const PROVIDER_ENDPOINTS = ['responses', 'auto'] as const;

/** What an administrator sets, under v1's names. */
export interface AccountSettings {
  readonly name: string;
  readonly description: string;
  readonly apiUrl: string;
  /** Sealed. */
  readonly apiKey: string;
  readonly priority: number;
  readonly supportedModels: ModelMap;
  readonly userAgent: string;
  /** Minutes. */
  readonly rateLimitDuration: number;
  readonly proxy: AccountProxy | null;
  readonly isActive: boolean;
  readonly accountType: AccountType;
  readonly schedulable: boolean;
  /** USD per quota day; 0 = none. */
  readonly dailyQuota: number;
  /** `HH:mm` in the configured zone. */
  readonly quotaResetTime: string;
  /** 0 = no limit. */
  readonly maxConcurrentTasks: number;
  readonly disableAutoProtection: boolean;
  readonly interceptWarmup: boolean;
  readonly subscriptionExpiresAt: Date | null;
  readonly providerEndpoint: (typeof PROVIDER_ENDPOINTS)[number];
}

/** Those settings that were given. */
export type GivenSettings = { readonly [K in keyof AccountSettings]?: AccountSettings[K] | undefined };

/** A whole record, typed. */
export interface StoredAccount extends AccountSettings {
  readonly id: string;
  readonly status: string;
  readonly errorMessage: string;
  readonly rateLimitedAt: Date | null;
  readonly rateLimitStatus: string;
  readonly createdAt: Date | null;
  readonly updatedAt: Date | null;
  readonly lastUsedAt: Date | null;
}

/**
 * Stands in place of the status where the stored proxy cannot be understood, or leads to cloud metadata. Such an account is not used: going around
 * its proxy would show the upstream an address that was meant to be hidden.
 */
export const INVALID_PROXY_STATUS = 'invalid_proxy';

const CODECS: { readonly [K in keyof AccountSettings]: Codec<AccountSettings[K]> } = {
  name: plainText,
  description: plainText,
  apiUrl: plainText,
  apiKey: plainText,
  priority,
  supportedModels: modelMap,
  userAgent: plainText,
  rateLimitDuration: wholeNumber(60),
  proxy,
  isActive: offByDefault,
  accountType: oneOf(ACCOUNT_TYPES, 'shared'),
  schedulable: onByDefault,
  dailyQuota: usd,
  quotaResetTime: timeOfDay,
  maxConcurrentTasks: wholeNumber(0),
  disableAutoProtection: offByDefault,
  interceptWarmup: offByDefault,
  subscriptionExpiresAt: instant,
  providerEndpoint: oneOf(PROVIDER_ENDPOINTS, 'responses'),
};

const isSettingName = (name: string): name is keyof AccountSettings => Object.hasOwn(CODECS, name);
const SETTING_NAMES = Object.keys(CODECS).filter(isSettingName);

const OWN_SETTINGS: readonly OwnAccountSetting[] = [
  'supportedModels',
  'maxConcurrentTasks',
  'interceptWarmup',
  'providerEndpoint',
];

/** Whether accounts of a kind have a setting; all have the common ones. */
export function hasSetting(kind: AccountKind, name: string): boolean {
  const own = OWN_SETTINGS.find((setting) => setting === name);
  return own === undefined || (kind.ownSettings ?? OWN_SETTINGS).includes(own);
}

const storedName = (kind: AccountKind, name: keyof AccountSettings): string =>
  name === 'apiUrl' ? kind.urlField : name;

/** What a new account has where nothing is said. */
export function defaultSettings(kind: AccountKind): Omit<AccountSettings, 'name' | 'apiUrl' | 'apiKey'> {
  return {
    description: '',
    priority: 50,
    supportedModels: {},
    userAgent: kind.defaultUserAgent,
    rateLimitDuration: 60,
    proxy: null,
    isActive: true,
    accountType: 'shared',
    schedulable: true,
    dailyQuota: 0,
    quotaResetTime: '00:00',
    maxConcurrentTasks: 0,
    disableAutoProtection: false,
    interceptWarmup: false,
    subscriptionExpiresAt: null,
    providerEndpoint: 'responses',
  };
}

/** The fields of the given settings; those that the kind does not have are left out. */
export function encodeSettings(kind: AccountKind, settings: GivenSettings): RecordFields {
  const encode = <K extends keyof AccountSettings>(name: K, value: AccountSettings[K]): [string, string] => [
    storedName(kind, name),
    CODECS[name].encode(value),
  ];
  const pairs = SETTING_NAMES.flatMap((name) => {
    const value = settings[name];
    return value === undefined || !hasSetting(kind, name) ? [] : [encode(name, value)];
  });
  return Object.fromEntries(pairs);
}

/**
 * The whole record of a new account, field by field as v1 writes it: what was not given has its default. `day` is today
 * in the configured zone.
 */
export function newRecord(
  kind: AccountKind,
  id: string,
  settings: GivenSettings,
  created: { readonly at: Date; readonly day: string },
): RecordFields {
  return {
    id,
    platform: kind.storedPlatform,
    ...encodeSettings(kind, defaultSettings(kind)),
    ...encodeSettings(kind, settings),
    status: 'active',
    errorMessage: '',
    rateLimitedAt: '',
    rateLimitStatus: '',
    dailyUsage: '0',
    lastResetDate: created.day,
    quotaStoppedAt: '',
    createdAt: created.at.toISOString(),
    lastUsedAt: '',
  };
}

/** Never throws: a field that cannot be understood gets v1's default, but for the proxy (`INVALID_PROXY_STATUS`). */
export function decodeAccount(kind: AccountKind, id: string, fields: RecordFields): StoredAccount {
  const read = (name: string): string => fields[name] ?? '';
  const setting = <K extends keyof AccountSettings>(name: K): AccountSettings[K] =>
    CODECS[name].decode(hasSetting(kind, name) ? read(storedName(kind, name)) : '');
  return {
    id,
    name: setting('name'),
    description: setting('description'),
    apiUrl: setting('apiUrl'),
    apiKey: setting('apiKey'),
    priority: setting('priority'),
    supportedModels: setting('supportedModels'),
    userAgent: fields['userAgent'] ?? kind.defaultUserAgent,
    rateLimitDuration: setting('rateLimitDuration'),
    proxy: setting('proxy'),
    isActive: setting('isActive'),
    accountType: setting('accountType'),
    schedulable: setting('schedulable'),
    dailyQuota: setting('dailyQuota'),
    quotaResetTime: setting('quotaResetTime'),
    maxConcurrentTasks: setting('maxConcurrentTasks'),
    disableAutoProtection: setting('disableAutoProtection'),
    interceptWarmup: setting('interceptWarmup'),
    subscriptionExpiresAt: setting('subscriptionExpiresAt'),
    providerEndpoint: setting('providerEndpoint'),
    status: readProxy(read('proxy')) === undefined ? INVALID_PROXY_STATUS : read('status') || 'active',
    errorMessage: read('errorMessage'),
    rateLimitedAt: instant.decode(read('rateLimitedAt')),
    rateLimitStatus: read('rateLimitStatus'),
    createdAt: instant.decode(read('createdAt')),
    updatedAt: instant.decode(read('updatedAt')),
    lastUsedAt: instant.decode(read('lastUsedAt')),
  };
}

/** Stands in place of the status where there is no secret, or none that this encryption key opens. */
export const MISSING_KEY_STATUS = 'missing_api_key';

/** The account as scheduling and relaying see it. */
export function toUpstreamAccount(platform: string, stored: StoredAccount, secret: string): UpstreamAccount {
  return {
    id: toAccountId(stored.id),
    platform,
    name: stored.name,
    apiUrl: stored.apiUrl,
    secret,
    accountType: stored.accountType,
    isActive: stored.isActive,
    schedulable: stored.schedulable,
    status: secret === '' ? MISSING_KEY_STATUS : stored.status,
    priority: stored.priority,
    supportedModels: stored.supportedModels,
    userAgent: stored.userAgent,
    proxy: stored.proxy,
    rateLimitedAt: stored.rateLimitedAt,
    rateLimitMinutes: stored.rateLimitDuration,
    dailyQuotaUsd: stored.dailyQuota,
    quotaResetTime: stored.quotaResetTime,
    subscriptionExpiresAt: stored.subscriptionExpiresAt,
    maxConcurrentTasks: stored.maxConcurrentTasks,
    interceptWarmup: stored.interceptWarmup,
    providerEndpoint: stored.providerEndpoint,
    disableAutoProtection: stored.disableAutoProtection,
    createdAt: stored.createdAt,
  };
}
