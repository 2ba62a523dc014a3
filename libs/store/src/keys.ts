/** Length of the periods of a roll-up, and by what it sums. */
export type RollUpGrain = 'hour' | 'day' | 'month';
export type RollUpDimension = 'model' | 'key' | 'account';

/**
 * Every key of the database. Names are those of claude-relay-service v1, so that both versions can work on one
 * database; what v1 does not know lives under `v2:`. `{day}` is `YYYY-MM-DD`, `{month}` `YYYY-MM`, `{hour}`
 * `YYYY-MM-DD:HH`, all in the configured zone.
 */
export const keys = {
  /** A random text that tells this database from every other; it is never copied to another one. */
  storeId: () => 'v2:store:id',
  apiKey: {
    record: (id: string) => `apikey:${id}`,
    /** Fields of a key that v1 does not know (`modelRestrictionMode`, the allowed list). */
    extra: (id: string) => `v2:apikey:${id}`,
    recordPattern: 'apikey:*',
    hashMap: 'apikey:hash_map',
    /** Written by old versions and at restore: a hash with the id of the key, by the secret's hash. */
    legacyHash: (hash: string) => `apikey_hash:${hash}`,
    indexVersion: 'apikey:index:version',
    all: 'apikey:idx:all',
    byCreatedAt: 'apikey:idx:createdAt',
    byLastUsedAt: 'apikey:idx:lastUsedAt',
    byName: 'apikey:idx:name',
    active: 'apikey:set:active',
    deleted: 'apikey:set:deleted',
    tag: (tag: string) => `apikey:tag:${tag}`,
    allTags: 'apikey:tags:all',
  },
  account: {
    record: (prefix: string, id: string) => `${prefix}:${id}`,
    recordPattern: (prefix: string) => `${prefix}:*`,
    /** The records of every kind of account that v1 has, and more. */
    anyRecordPattern: '*account:*',
    index: (prefix: string) => `${prefix}:index`,
    /** Set to 1 for an hour by v1 when a scan found no account. */
    indexEmpty: (prefix: string) => `${prefix}:index:empty`,
    tempUnavailable: (accountType: string, id: string) => `temp_unavailable:${accountType}:${id}`,
    errorHistory: (accountType: string, id: string) => `error_history:${accountType}:${id}`,
    /**
     * Marks that v1 does not know: `model:{name}`, `limited_model:{name}`, `endpoint:{name}`, `reset` -> epoch ms when it
     * ends; `recovery` -> `{epoch ms when it is over}:{requests served since it began}`.
     */
    marks: (accountType: string, id: string) => `v2:account:marks:${accountType}:${id}`,
    /** Rated USD spent in the quota day that began at `{periodStart}` (`YYYY-MM-DDTHH:mm`). */
    quotaCost: (id: string, periodStart: string) => `v2:account:quota:${id}:${periodStart}`,
  },
  group: {
    /** Set of group ids. */
    all: 'account_groups',
    record: (id: string) => `account_group:${id}`,
    /** Set of the groups that an account is in; `platform` is the group's: `claude`, `openai`. */
    ofAccount: (platform: string, accountId: string) => `account_groups_reverse:${platform}:${accountId}`,
    /** Set of account ids. */
    members: (id: string) => `account_group_members:${id}`,
  },
  session: {
    mapping: (prefix: string, hash: string) => `${prefix}${hash}`,
  },
  attempts: {
    byRequest: (requestId: string) => `v2:attempts:request:${requestId}`,
    /** The gateway's id of a request, by the id that its upstream gave it. */
    byUpstreamId: (upstreamId: string) => `v2:attempts:upstream:${upstreamId}`,
    /** Lists of request ids, the last one to end first. */
    recent: 'v2:attempts:recent',
    troubled: 'v2:attempts:troubled',
  },
  admin: {
    /** v2's own administrator; wins once it exists. */
    current: 'v2:admin',
    /** What v1 left: a hash with a bcrypt `passwordHash`. */
    v1Credentials: 'session:admin_credentials',
  },
  usage: {
    total: (keyId: string) => `usage:${keyId}`,
    daily: (keyId: string, day: string) => `usage:daily:${keyId}:${day}`,
    monthly: (keyId: string, month: string) => `usage:monthly:${keyId}:${month}`,
    hourly: (keyId: string, hour: string) => `usage:hourly:${keyId}:${hour}`,
    modelDaily: (model: string, day: string) => `usage:model:daily:${model}:${day}`,
    modelMonthly: (model: string, month: string) => `usage:model:monthly:${model}:${month}`,
    modelHourly: (model: string, hour: string) => `usage:model:hourly:${model}:${hour}`,
    keyModelDaily: (keyId: string, model: string, day: string) => `usage:${keyId}:model:daily:${model}:${day}`,
    keyModelMonthly: (keyId: string, model: string, month: string) => `usage:${keyId}:model:monthly:${model}:${month}`,
    keyModelHourly: (keyId: string, model: string, hour: string) => `usage:${keyId}:model:hourly:${model}:${hour}`,
    keyModelTotal: (keyId: string, model: string) => `usage:${keyId}:model:alltime:${model}`,
    globalTotal: 'usage:global:total',
    globalDaily: (day: string) => `usage:global:daily:${day}`,
    globalMonthly: (month: string) => `usage:global:monthly:${month}`,
    records: (keyId: string) => `usage:records:${keyId}`,
    minute: (minute: number) => `system:metrics:minute:${minute}`,
    index: {
      /** Written by v1 when its index sets name all that its counters are about. */
      migrated: 'system:migration:usage_index_v2',
      daily: (day: string) => `usage:daily:index:${day}`,
      hourly: (hour: string) => `usage:hourly:index:${hour}`,
      modelDaily: (day: string) => `usage:model:daily:index:${day}`,
      modelHourly: (hour: string) => `usage:model:hourly:index:${hour}`,
      modelMonthly: (month: string) => `usage:model:monthly:index:${month}`,
      modelMonths: 'usage:model:monthly:months',
      keyModelDaily: (day: string) => `usage:keymodel:daily:index:${day}`,
      keyModelHourly: (hour: string) => `usage:keymodel:hourly:index:${hour}`,
      accountDaily: (day: string) => `account_usage:daily:index:${day}`,
      accountHourly: (hour: string) => `account_usage:hourly:index:${hour}`,
      accountModelDaily: (day: string) => `account_usage:model:daily:index:${day}`,
      accountModelHourly: (hour: string) => `account_usage:model:hourly:index:${hour}`,
      /** Set to 1 for an hour by v1 when a scan found nothing for an index set. */
      empty: (set: string) => `${set}:empty`,
    },
    accountTotal: (id: string) => `account_usage:${id}`,
    accountDaily: (id: string, day: string) => `account_usage:daily:${id}:${day}`,
    accountMonthly: (id: string, month: string) => `account_usage:monthly:${id}:${month}`,
    accountHourly: (id: string, hour: string) => `account_usage:hourly:${id}:${hour}`,
    accountModelDaily: (id: string, model: string, day: string) => `account_usage:model:daily:${id}:${model}:${day}`,
    accountModelMonthly: (id: string, model: string, month: string) =>
      `account_usage:model:monthly:${id}:${model}:${month}`,
    accountModelHourly: (id: string, model: string, hour: string) =>
      `account_usage:model:hourly:${id}:${model}:${hour}`,
    costDaily: (keyId: string, day: string) => `usage:cost:daily:${keyId}:${day}`,
    costMonthly: (keyId: string, month: string) => `usage:cost:monthly:${keyId}:${month}`,
    costHourly: (keyId: string, hour: string) => `usage:cost:hourly:${keyId}:${hour}`,
    costTotal: (keyId: string) => `usage:cost:total:${keyId}`,
    costRealTotal: (keyId: string) => `usage:cost:real:total:${keyId}`,
    costRealDaily: (keyId: string, day: string) => `usage:cost:real:daily:${keyId}:${day}`,
    /** `{period}`: start of the key's reset week, `YYYY-MM-DDTHH`; up to v1.1.162 the calendar week, `YYYY-Www`. */
    opusWeekly: (keyId: string, period: string) => `usage:opus:weekly:${keyId}:${period}`,
    opusTotal: (keyId: string) => `usage:opus:total:${keyId}`,
    opusRealWeekly: (keyId: string, period: string) => `usage:opus:real:weekly:${keyId}:${period}`,
    opusRealTotal: (keyId: string) => `usage:opus:real:total:${keyId}`,
    /** A hash: counter of a key and model -> the tokens that v1 counted in it before there were costs, packed. */
    uncosted: (keyId: string) => `v2:usage:uncosted:${keyId}`,
    /** Number of the last batch of an instance that was settled: batches come in order and each once. */
    settled: (instance: string) => `v2:settled:${instance}`,
    /**
     * Hashes that outlive v1's counters. `{period}`: as in v1's keys of that grain. Values are the packed figures of a
     * roll-up.
     */
    rollUp: {
      /** Field: model, key or account. */
      totals: (grain: RollUpGrain, period: string, by: RollUpDimension) => `v2:usage:${grain}:${period}:${by}s`,
      /** Field: `{model}`, or `{model}|{price tier}`. */
      keyModels: (grain: RollUpGrain, period: string, keyId: string) => `v2:usage:${grain}:${period}:key:${keyId}`,
      accountModels: (grain: RollUpGrain, period: string, accountId: string) =>
        `v2:usage:${grain}:${period}:account:${accountId}`,
      /** Field: `{accountId}|{model}`; what attempts cost that led to no answer. */
      waste: (grain: RollUpGrain, period: string) => `v2:usage:${grain}:${period}:waste`,
      /**
       * By what costs were corrected after they were booked, packed as `{real} {rated} {unpriced}`, so that what was
       * booked is the figure minus its correction. Fields as in the roll-up of the day that is corrected.
       */
      keyCorrections: (day: string, keyId: string) => `v2:usage:corrections:${day}:key:${keyId}`,
      modelCorrections: (day: string) => `v2:usage:corrections:${day}:models`,
      accountCorrections: (day: string, accountId: string) => `v2:usage:corrections:${day}:account:${accountId}`,
      /** There while costs are being corrected; holds who does it. */
      correcting: 'v2:usage:correcting',
      /** The first day, `YYYY-MM-DD`, that is in the roll-ups from its beginning. */
      since: 'v2:usage:since',
    },
    /** Set of every model that a key ever used; v1 keeps no such index, so the counters it left are searched once. */
    keyModels: (keyId: string) => `v2:usage:models:${keyId}`,
    keyModelsSearched: (keyId: string) => `v2:usage:models:searched:${keyId}`,
    /** The counters of a key by model: `usage:{keyId}:model:{alltime|monthly}:{model}[:{month}]` and others. */
    keyModelPattern: (keyId: string) => `usage:${keyId}:model:*`,
  },
  limits: {
    windowStart: (keyId: string) => `rate_limit:window_start:${keyId}`,
    windowRequests: (keyId: string) => `rate_limit:requests:${keyId}`,
    windowTokens: (keyId: string) => `rate_limit:tokens:${keyId}`,
    windowCost: (keyId: string) => `rate_limit:cost:${keyId}`,
    /** Requests that run: request id -> epoch ms at which the slot expires. */
    concurrency: (keyId: string) => `concurrency:${keyId}`,
    /** The same for an account's `maxConcurrentTasks`. */
    accountConcurrency: (accountId: string) => `concurrency:console_account:${accountId}`,
    /** Estimates of what runs: `{requestId}:{micro-USD}:{tokens}:{1 = Claude model}` -> epoch ms at which it expires. */
    holds: (keyId: string) => `v2:holds:${keyId}`,
    /** What requests usually cost, a hash: `c:{model}` micro-USD, `t:{model}` tokens. */
    estimates: (keyId: string) => `v2:estimates:${keyId}`,
    /** Who waits, in order: `{number, 15 digits}:{requestId}` -> epoch ms until which the wait is alive. */
    queue: (keyId: string) => `v2:queue:${keyId}`,
    queueNumber: (keyId: string) => `v2:queue:number:${keyId}`,
    /** v1's hash `entered,success,timeout,cancelled,socket_changed,rejected_overload`. */
    queueStats: (keyId: string) => `concurrency:queue:stats:${keyId}`,
    /** v1's lists of waits in ms, newest first. */
    queueWaits: (keyId: string) => `concurrency:queue:wait_times:${keyId}`,
    queueWaitsOfAll: 'concurrency:queue:wait_times:global',
  },
  migration: {
    /** Hash: where data came from (`host:port/db` of v1's database) -> since when, ISO. */
    sources: 'v2:migration:sources',
    /** Hash: key -> `{fingerprint}@{epoch second at which it ends}` as it was when both databases had the same. */
    book: (address: string, bucket: number) => `v2:migration:${address}:${bucket}`,
    /** There for a moment, to see whether two addresses are of one database. */
    probe: (id: string) => `v2:migration:probe:${id}`,
  },
  indexBuild: {
    /** The version of the build of v1's index sets that went through this database. */
    done: 'v2:index-build:done',
    /** There while somebody builds them; holds who. */
    lock: 'v2:index-build:lock',
  },
  store: {
    /** Written and deleted at once to see whether the embedded store can be written. */
    probe: 'v2:store:probe',
  },
  settings: {
    /** v1's JSON `{rates:{claude,codex,...},baseService,updatedAt,updatedBy}`. */
    serviceRates: 'system:service_rates',
    /** Hash: model -> JSON `{history:[{from,input,output,...}],updatedAt,updatedBy}`. */
    prices: 'v2:prices',
    /** v1's JSON of relay settings: `claudeCodeOnlyEnabled`, `concurrentRequestQueue...` and others. */
    relay: 'claude_relay_config',
  },
} as const;
