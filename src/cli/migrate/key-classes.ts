import { keys } from '@crs/store';
import { NOT_SERVED_KINDS } from '../../account/not-served/not-served-kinds.js';

/** A kind of data, as the report counts it. */
export interface KeyClass {
  readonly name: string;
  /** What an administrator should know about it. */
  readonly note: string | null;
}

/** What is not carried, and why. */
export interface LeftOut {
  readonly what: string;
  readonly reason: string;
}

interface Rule<T> {
  readonly pattern: RegExp;
  readonly is: T;
}

const LIVE = 'Live state: it belongs to the requests and processes of the moment.';
const LOGIN = 'Logins end with the switch: log in again.';

const leave = (pattern: RegExp, what: string, reason: string): Rule<LeftOut> => ({ pattern, is: { what, reason } });

const LEFT_OUT: readonly Rule<LeftOut>[] = [
  leave(/^v2:migration:/, 'v2:migration:*', 'The notes of this command.'),
  leave(/^concurrency:/, 'concurrency:*', LIVE),
  leave(/^v2:(?:holds|queue|store|usage:correcting)(?::|$)/, 'v2:holds:*, v2:queue:*, locks of v2', LIVE),
  leave(/^session:(?!admin_credentials$)/, 'session:* but session:admin_credentials', LOGIN),
  leave(/^user_session:/, 'user_session:*', LOGIN),
  leave(/^oauth:/, 'oauth:*', 'Logins at upstreams that were begun: begin again.'),
  leave(/^(?:lock|token_refresh_lock|cost_rank_lock):/, 'lock:*, token_refresh_lock:*, cost_rank_lock:*', LIVE),
  leave(/^user_msg_queue/, 'user_msg_queue*', LIVE),
  leave(/^apikey:hash_map$/, 'apikey:hash_map', 'Its fields are written with the API keys that they lead to.'),
  leave(/^apikey:tmp:/, 'apikey:tmp:*', 'Answers of searches, for a minute.'),
  leave(/^request_detail:query_snapshot:/, 'request_detail:query_snapshot:*', 'Answers of searches, for seconds.'),
  leave(/^(?:login_ip_(?:limiter|strict)|redeem_card:(?:fail|ip)):/, 'login_ip_*, redeem_card:*', LIVE),
];

const OWN = leave(/^v2:/, 'v2:*', 'v1 does not know it.');

/** Why a key stays where it is; null when it is to be carried. `back`: to v1, which knows nothing of v2. */
export function leftOutOf(key: string, back: boolean): LeftOut | null {
  const rule = LEFT_OUT.find(({ pattern }) => pattern.test(key));
  if (rule !== undefined) return rule.is;
  return back && OWN.pattern.test(key) ? OWN.is : null;
}

const count = (pattern: RegExp, name: string, note: string | null = null): Rule<KeyClass> => ({
  pattern,
  is: { name, note },
});

const INDEX = 'API key index';
const NOT_USED = 'Carried over untouched; v2 does not use it.';

const CLASSES: readonly Rule<KeyClass>[] = [
  count(/^apikey:(?:idx|set|index):/, INDEX),
  count(/^apikey:tags?:/, 'tags'),
  count(/^apikey(?:_hash)?:/, 'API keys'),
  count(/^cost_rank/, 'cost ranking', NOT_USED),
  count(/account:index(?::empty)?$/, 'indexes of accounts'),
  count(/^(?:claude_console_account:|shared_claude_console_accounts$)/, 'accounts: claude-console'),
  count(/^(?:openai_responses_account:|shared_openai_responses_accounts$)/, 'accounts: openai-responses'),
  ...NOT_SERVED_KINDS.map(({ kind, recordPrefix, reason }) =>
    count(new RegExp(`^${recordPrefix}:`), `accounts not served: ${kind}`, `Carried over untouched. ${reason}`),
  ),
  count(
    /^(?:shared_\w+_accounts$|claude_code_|openai_session_account_mapping:)/,
    'accounts not served: others',
    NOT_USED,
  ),
  count(/^account_group/, 'groups'),
  count(/^(?:temp_unavailable|error_history):/, 'marks and errors of accounts'),
  count(/^account:|^account_balance/, 'tests and balances of accounts', NOT_USED),
  count(/^(?:unified_\w+_session_mapping|sticky_session|original_session_binding):/, 'sessions'),
  count(/^usage:(?:cost|opus):|^init:weekly_opus_cost:/, 'costs'),
  count(/^(?:usage|account_usage):|^system:metrics:/, 'usage'),
  count(/^rate_limit:/, 'limit windows'),
  count(/^session:admin_credentials$/, 'administrator'),
  count(/^(?:user|username):/, 'users', NOT_USED),
  count(/^(?:quota_card|redemption|system:quota_card)/, 'quota cards', NOT_USED),
  count(/^request_detail:/, 'request details', NOT_USED),
  count(/^(?:billing:|webhook_config)/, 'billing and webhooks', NOT_USED),
  count(/^(?:claude_relay_config|oem:settings)$|^system:/, 'settings'),
  count(/^v2:/, 'data of v2'),
];

const UNKNOWN: KeyClass = { name: 'unknown', note: 'Carried over untouched.' };

export const classOf = (key: string): KeyClass => CLASSES.find(({ pattern }) => pattern.test(key))?.is ?? UNKNOWN;

/**
 * Names what other keys say, too: the gateway (and v1) makes it anew when `apikey:index:version` is not there, so a
 * difference is no conflict.
 */
export const isDerived = (key: string): boolean => classOf(key).name === INDEX || classOf(key).name === 'tags';

/** The word of v1, or ours, that an index is whole. It is not, where the source has none and its records are added. */
export const INDEX_MARKERS: readonly string[] = [
  keys.apiKey.indexVersion,
  keys.usage.index.migrated,
  keys.indexBuild.done,
];

/** Data that somebody put there: neither v2's own, nor an index that was made of nothing. */
export const isData = (key: string): boolean =>
  leftOutOf(key, true) === null && !isDerived(key) && !/:empty$|^system:(?:migrat|metrics)/.test(key);
