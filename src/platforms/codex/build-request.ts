import { RelayError, type RelayRequest, type UpstreamAccount, type UpstreamRequest } from '@crs/extension-api';
import { exchangeHeaders, mappedBody, passedHeaders, upstreamUrl } from '@crs/platform-kit';

const VERSION = '/v1';

const ENDPOINT_PATHS: ReadonlyMap<string, string> = new Map([
  ['responses', '/responses'],
  ['compact', '/responses/compact'],
  ['chat_completions', '/chat/completions'],
]);

/** Sent when the client does not say otherwise. */
const DEFAULT_HEADERS = { 'content-type': 'application/json' };

/** Every upstream answers responses; chat completions only where the account says so. */
export function serves(endpoint: string, { providerEndpoint }: UpstreamAccount): boolean {
  return endpoint === 'chat_completions' ? providerEndpoint === 'auto' : ENDPOINT_PATHS.has(endpoint);
}

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

/** The client decides whether `/v1` stands in the path, unless the account's address ends in it already. */
function buildUrl({ endpoint, path: asked, query }: RelayRequest, account: UpstreamAccount): URL {
  const path = ENDPOINT_PATHS.get(endpoint);
  if (path === undefined) throw new RelayError('not_found', `There is no endpoint ${endpoint} here`);
  const isVersioned = asked.endsWith(VERSION + path);
  return upstreamUrl(
    account.apiUrl,
    query,
    (base) => base + (isVersioned && !base.endsWith(VERSION) ? VERSION : '') + path,
  );
}

/** The account's agent stands for the client's: some upstreams let one client in only. */
function buildHeaders(request: RelayRequest, account: UpstreamAccount, body: Buffer): Record<string, string> {
  return {
    ...DEFAULT_HEADERS,
    ...passedHeaders(request.headers),
    ...(account.userAgent === '' ? {} : { 'user-agent': account.userAgent }),
    ...exchangeHeaders(body),
    authorization: `Bearer ${account.secret}`,
  };
}
