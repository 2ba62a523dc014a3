import {
  type HeaderMap,
  mapModel,
  RelayError,
  type RelayRequest,
  type UpstreamAccount,
  type UpstreamRequest,
} from '@crs/extension-api';
import { replaceSpan } from '@crs/json-scan';

const MESSAGES_PATH = '/v1/messages';

const ENDPOINT_PATHS: ReadonlyMap<string, string> = new Map([
  ['messages', MESSAGES_PATH],
  ['count_tokens', `${MESSAGES_PATH}/count_tokens`],
]);

/** Sent when the client does not say otherwise. */
const DEFAULT_HEADERS = { 'content-type': 'application/json', 'anthropic-version': '2023-06-01' };

/**
 * Set here or by the exchange, never the client's. The relay has taken every key of the client out before; what would
 * stand where the account's own key stands is dropped once more, so that no second key can ever go upstream.
 */
const NOT_FROM_CLIENT = new Set([
  'authorization',
  'x-api-key',
  'api-key',
  'x-goog-api-key',
  'x-cr-api-key',
  'proxy-authorization',
  'cookie',
  'host',
  'connection',
  'transfer-encoding',
  'content-length',
  'accept-encoding',
]);

/**
 * The request as the account's upstream gets it: everything of the client's that may pass, the account's key, and the
 * client's own bytes, of which only the model's name changes where the account maps it.
 *
 * @throws RelayError `not_found` for an endpoint that this upstream does not have
 * @throws TypeError when the account's address is no URL
 */
export function buildRequest(request: RelayRequest, account: UpstreamAccount): UpstreamRequest {
  const body = buildBody(request, account);
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
  const url = new URL(account.apiUrl);
  const base = url.pathname.replace(/\/+$/, '');
  url.pathname = (base.endsWith(MESSAGES_PATH) ? base.slice(0, -MESSAGES_PATH.length) : base) + path;
  // An address may carry parameters of its own; the client's come behind them.
  url.search = url.search === '' ? request.query : url.search + request.query.replace('?', '&');
  url.hash = '';
  return url;
}

/** A model that the account does not list is sent as it is: whether such an account may be asked is not decided here. */
function buildBody(request: RelayRequest, account: UpstreamAccount): Buffer {
  const model = mapModel(account.supportedModels, request.model) ?? request.model;
  return model === request.model ? request.body : replaceSpan(request.body, request.modelSpan, model);
}

function buildHeaders(request: RelayRequest, account: UpstreamAccount, body: Buffer): Record<string, string> {
  const headers: Record<string, string> = {
    ...DEFAULT_HEADERS,
    ...(account.userAgent === '' ? {} : { 'user-agent': account.userAgent }),
    ...passedHeaders(request.headers),
    // The usage is read along the way, so the answer must come uncompressed.
    'accept-encoding': 'identity',
    'content-length': String(body.length),
  };
  if (account.secret.startsWith('sk-ant-')) headers['x-api-key'] = account.secret;
  else headers['authorization'] = `Bearer ${account.secret}`;
  return headers;
}

function passedHeaders(headers: HeaderMap): Record<string, string> {
  const passed: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || value === '' || NOT_FROM_CLIENT.has(name)) continue;
    passed[name] = typeof value === 'string' ? value : value.join(', ');
  }
  return passed;
}
