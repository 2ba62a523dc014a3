import { RelayError, type RelayRequest, type UpstreamAccount, type UpstreamRequest } from '@crs/extension-api';
import { exchangeHeaders, mappedBody, passedHeaders, upstreamUrl } from '@crs/platform-kit';

const MESSAGES_PATH = '/v1/messages';

const ENDPOINT_PATHS: ReadonlyMap<string, string> = new Map([
  ['messages', MESSAGES_PATH],
  ['count_tokens', `${MESSAGES_PATH}/count_tokens`],
]);

export const ENDPOINTS: ReadonlySet<string> = new Set(ENDPOINT_PATHS.keys());

/** Sent when the client does not say otherwise. */
const DEFAULT_HEADERS = { 'content-type': 'application/json', 'anthropic-version': '2023-06-01' };

/**
 * The request as the account's upstream gets it: everything of the client's that may pass, the account's key, and the
 * client's own bytes, of which only the model's name changes where the account maps it.
 *
 * @throws RelayError `not_found` for an endpoint that this upstream does not have
 * @throws TypeError when the account's address is no URL
 */
export function buildRequest(request: RelayRequest, account: UpstreamAccount): UpstreamRequest {
  const body = mappedBody(request, account);
  return {
    url: buildUrl(request, account),
    method: request.method,
    headers: buildHeaders(request, account, body),
    body,
  };
}

/** Stored addresses end in `/v1/messages`, or in what stands before it, with or without a slash. */
function buildUrl(request: RelayRequest, account: UpstreamAccount): URL {
  const path = ENDPOINT_PATHS.get(request.endpoint);
  if (path === undefined) throw new RelayError('not_found', `There is no endpoint ${request.endpoint} here`);
  return upstreamUrl(
    account.apiUrl,
    request.query,
    (base) => (base.endsWith(MESSAGES_PATH) ? base.slice(0, -MESSAGES_PATH.length) : base) + path,
  );
}

function buildHeaders(request: RelayRequest, account: UpstreamAccount, body: Buffer): Record<string, string> {
  const headers: Record<string, string> = {
    ...DEFAULT_HEADERS,
    ...(account.userAgent === '' ? {} : { 'user-agent': account.userAgent }),
    ...passedHeaders(request.headers),
    ...exchangeHeaders(body),
  };
  if (account.secret.startsWith('sk-ant-')) headers['x-api-key'] = account.secret;
  else headers['authorization'] = `Bearer ${account.secret}`;
  return headers;
}
