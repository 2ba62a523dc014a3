import {
  type AccountKind,
  type Platform,
  PlatformAdapter,
  type RelayAdapter,
  type ServiceName,
} from '@crs/extension-api';
import { buildRequest, ENDPOINTS } from './build-request.js';
import { classifyFailure } from './classify-failure.js';
import { probe } from './probe.js';
import { AnthropicUsageMeter } from './usage-meter.js';
import { answerWarmup } from './warmup.js';

/** Upstreams that speak Anthropic's Messages API and take an API key: Anthropic's own console and compatible relays. */
@PlatformAdapter({ name: 'claude-console' })
export class ClaudeConsolePlatform implements Platform {
  readonly service: ServiceName = 'claude';

  readonly account: AccountKind = {
    recordPrefix: 'claude_console_account',
    sharedSet: 'shared_claude_console_accounts',
    accountType: 'claude-console',
    storedPlatform: 'claude-console',
    secretSalt: 'claude-console-salt',
    undecryptable: 'as_is',
    urlField: 'apiUrl',
    binding: {
      storedField: 'claudeConsoleAccountId',
      prefix: '',
      apiField: 'claudeConsoleAccountId',
      groupField: 'claudeAccountId',
      foreignFields: ['bedrockAccountId'],
    },
    groupPlatform: 'claude',
    sessionPrefix: 'unified_claude_session_mapping:',
    rateLimitedStatus: 'rate_limited',
    defaultUserAgent: 'claude-cli/1.0.69 (external, cli)',
    ownSettings: ['supportedModels', 'maxConcurrentTasks', 'interceptWarmup'],
  };

  readonly relay: RelayAdapter = {
    protocol: 'anthropic',
    serves: (endpoint) => ENDPOINTS.has(endpoint),
    buildRequest,
    classifyFailure,
    createUsageMeter: () => new AnthropicUsageMeter(),
    probe,
    answerWarmup,
  };
}
