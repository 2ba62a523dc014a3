import {
  type AccountKind,
  type Platform,
  PlatformAdapter,
  type RelayAdapter,
  type ServiceName,
} from '@crs/extension-api';
import { buildRequest, serves } from './build-request.js';
import { classifyFailure } from './classify-failure.js';
import { probe } from './probe.js';
import { OpenAiUsageMeter } from './usage-meter.js';

/** Upstreams that speak OpenAI's Responses API and take an API key. */
@PlatformAdapter({ name: 'codex' })
export class CodexPlatform implements Platform {
  readonly service: ServiceName = 'codex';

  readonly account: AccountKind = {
    recordPrefix: 'openai_responses_account',
    sharedSet: 'shared_openai_responses_accounts',
    accountType: 'openai-responses',
    storedPlatform: 'openai-responses',
    secretSalt: 'openai-responses-salt',
    undecryptable: 'empty',
    urlField: 'baseApi',
    binding: {
      storedField: 'openaiAccountId',
      prefix: 'responses:',
      apiField: 'codexAccountId',
      groupField: 'openaiAccountId',
    },
    groupPlatform: 'openai',
    sessionPrefix: 'unified_openai_session_mapping:',
    rateLimitedStatus: 'rateLimited',
    defaultUserAgent: '',
    ownSettings: ['providerEndpoint'],
  };

  readonly relay: RelayAdapter = {
    protocol: 'openai',
    serves,
    buildRequest,
    classifyFailure,
    createUsageMeter: () => new OpenAiUsageMeter(),
    probe,
    answerWarmup: () => null,
  };
}
