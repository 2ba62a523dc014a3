import {
  type AccountKind,
  type Platform,
  PlatformAdapter,
  type RelayAdapter,
  RelayError,
  type RelayRequest,
  type ServiceName,
  type UpstreamAccount,
  type UpstreamRequest,
} from '@crs/extension-api';
import { exchangeHeaders, mappedBody, passedHeaders, upstreamUrl } from '@crs/platform-kit';
import { classifyFailure } from './classify-failure.js';
import { probe } from './probe.js';
import { ThirdUsageMeter } from './usage-meter.js';

const PATHS: ReadonlyMap<string, string> = new Map([
  ['responses', '/responses'],
  ['compact', '/responses/compact'],
]);

/** An upstream family that nobody else knows: the Responses API under `/vendor`, with a key in a header of its own. */
@PlatformAdapter({ name: 'third' })
export class ThirdPlatform implements Platform {
  readonly service: ServiceName = 'codex';

  readonly account: AccountKind = {
    recordPrefix: 'third_account',
    sharedSet: 'shared_third_accounts',
    accountType: 'third',
    storedPlatform: 'third',
    secretSalt: 'third-salt',
    undecryptable: 'empty',
    urlField: 'vendorUrl',
    binding: { storedField: 'thirdAccountId', prefix: '', apiField: 'thirdAccountId', groupField: 'openaiAccountId' },
    groupPlatform: 'openai',
    sessionPrefix: 'third_session:',
    rateLimitedStatus: 'limited',
    defaultUserAgent: 'third/1.0',
    ownSettings: ['supportedModels', 'maxConcurrentTasks'],
  };

  readonly relay: RelayAdapter = {
    protocol: 'openai',
    serves: (endpoint) => PATHS.has(endpoint),
    buildRequest,
    classifyFailure,
    createUsageMeter: () => new ThirdUsageMeter(),
    probe,
    answerWarmup: () => null,
  };
}

function buildRequest(request: RelayRequest, account: UpstreamAccount): UpstreamRequest {
  const path = PATHS.get(request.endpoint);
  if (path === undefined) throw new RelayError('not_found', `There is no endpoint ${request.endpoint} here`);
  const body = mappedBody(request, account);
  const url = upstreamUrl(account.apiUrl, request.query, (base) => `${base}/vendor${path}`);
  const headers = { ...passedHeaders(request.headers), ...exchangeHeaders(body), 'x-api-key': account.secret };
  return { url, method: request.method, headers, body };
}
