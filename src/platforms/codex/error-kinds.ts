import type { UpstreamError } from '@crs/platform-kit';
import { asText } from '@crs/platform-kit';

/** Codes by which an upstream refuses the account's key or money, be it with a 429. */
const ACCOUNT_KINDS: readonly (readonly [string, number])[] = [
  ['invalid_api_key', 401],
  ['authentication_error', 401],
  ['account_deactivated', 401],
  ['insufficient_quota', 402],
  ['billing_error', 402],
  ['billing_not_active', 402],
  ['billing_hard_limit_reached', 402],
  ['usage_not_included', 402],
  ['deactivated_workspace', 402],
];

/** A header names an organization or a project that is not the key's: those of clients never go upstream. */
export const BLAMELESS_KINDS: ReadonlySet<string> = new Set([
  'mismatched_organization',
  'mismatched_project',
  'invalid_organization',
]);

/** What only the client can mend. */
const CLIENT_KINDS = [
  'invalid_request_error',
  'invalid_prompt',
  'context_length_exceeded',
  'invalid_image',
  'invalid_image_format',
  'invalid_base64_image',
  'invalid_image_url',
  'invalid_image_mode',
  'image_too_large',
  'image_too_small',
  'image_parse_error',
  'image_content_policy_violation',
  'image_file_too_large',
  'image_file_not_found',
  'unsupported_image_media_type',
  'empty_image_file',
  'failed_to_download_image',
  'bio_policy',
  'cyber_policy',
] as const;

/** The status that each code, or type where there is no such code, has outside of a stream. */
export const STATUS_BY_KIND: ReadonlyMap<string, number> = new Map<string, number>([
  ...ACCOUNT_KINDS,
  ...CLIENT_KINDS.map((kind) => [kind, 400] as const),
  ...[...BLAMELESS_KINDS].map((kind) => [kind, 401] as const),
  ['permission_error', 403],
  ['permission_denied', 403],
  ['unsupported_country_region_territory', 403],
  ['not_found_error', 404],
  ['model_not_found', 404],
  ['request_too_large', 413],
  // A server of tools that the request names cannot be reached.
  ['external_connector_error', 424],
  ['rate_limit_exceeded', 429],
  ['rate_limit_error', 429],
  ['usage_limit_reached', 429],
  // The type of a rate limit says what is counted.
  ['requests', 429],
  ['tokens', 429],
  ['server_error', 500],
  ['internal_server_error', 500],
  ['api_error', 500],
  ['server_is_overloaded', 503],
  ['slow_down', 503],
  ['service_unavailable_error', 503],
  ['timeout', 504],
  ['vector_store_timeout', 504],
  ['overloaded_error', 529],
]);

export const REFUSED_ACCOUNT_KINDS: ReadonlySet<string> = new Set(ACCOUNT_KINDS.map(([kind]) => kind));

/** The code says more than the type. */
export function kindsOf({ type, fields }: UpstreamError): readonly string[] {
  return [asText(fields['code']) ?? '', type];
}
