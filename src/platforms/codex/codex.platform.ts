import { type AccountKind, type Platform, PlatformAdapter, type ServiceName } from '@crs/extension-api';

/** Upstreams that speak OpenAI's Responses API and take an API key. Their accounts are kept; no route relays to them. */
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

  readonly relay = null;
}
