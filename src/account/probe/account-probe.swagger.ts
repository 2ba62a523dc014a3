import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiParam } from '@nestjs/swagger';
import { ApiProblem } from '../../core/http/problem-details.dto.js';
import { AccountTestInputDto } from './dto/account-test.dto.js';
import { ProxyTestDto } from './dto/proxy-test.dto.js';

const example = (events: readonly (readonly [name: string, data: object])[]): string =>
  events.map(([name, data]) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`).join('');

const START = {
  platform: 'claude-console',
  accountId: '6f9619ff-8b86-4d01-b42d-00cf4fc964ff',
  model: 'claude-haiku-4-5',
  upstreamModel: 'claude-haiku-4-5',
  url: 'https://api.anthropic.com',
  proxy: { type: 'socks5', host: 'proxy.example.com' },
};

const SUCCESS = example([
  ['test_start', START],
  ['connected', { status: 200, ms: 412 }],
  ['content', { text: 'Hello' }],
  ['content', { text: ' there!' }],
  [
    'test_complete',
    {
      ok: true,
      status: 200,
      ms: 903,
      firstContentMs: 655,
      model: 'claude-haiku-4-5-20251001',
      usage: { inputTokens: 14, outputTokens: 6, cacheCreateTokens: 0, cacheReadTokens: 0 },
    },
  ],
]);

const FAILURE = example([
  ['test_start', { ...START, proxy: null }],
  ['connected', { status: 401, ms: 188 }],
  [
    'test_error',
    {
      ok: false,
      stage: 'status',
      status: 401,
      ms: 190,
      message: 'invalid x-api-key',
      mark: 'auth_error',
      verdict:
        "A client's request would go on to another account; this one would be marked auth_error and left out for 1800 s.",
    },
  ],
]);

const EVENTS = [
  'Server-sent events; the data of each is a JSON object.',
  '`test_start` {platform, accountId, model, upstreamModel, url, proxy}: what is sent where (of the address only its origin, of the proxy never its password);',
  '`connected` {status, ms}: the upstream has begun to answer;',
  '`content` {text}: a piece of the answer;',
  'and at the end exactly one of `test_complete` {ok: true, status, ms, firstContentMs, model, usage}, where `usage` is null when the upstream told no figures, and `test_error` {ok: false, stage, status?, ms, message, mark, verdict}.',
  '`stage` is `connect` (no answer began), `status` (a refusal), `stream` (no whole answer), `empty`, `timeout` or `stopped` (the gateway stops);',
  "`message` has the upstream's own words; `mark` and `verdict` say what the gateway would do with such an answer to a client's request.",
  'Times are milliseconds since the test began.',
].join(' ');

/** Documents `POST /:platform/:id/test`. */
export const ApiAccountTest = (): MethodDecorator =>
  applyDecorators(
    ApiOperation({
      summary: 'Test an account by a real request',
      description:
        'Sends a tiny streaming request to the upstream of the account, through its proxy, and tells what happens. It costs a few tokens. Nothing is marked, unmarked or booked, and accounts that are switched off or cooling down can be tested, too. It ends after 60 seconds, after 30 without a byte, or when the caller closes the connection.',
    }),
    ApiParam({ name: 'platform', description: 'Platform of the account.', example: 'claude-console' }),
    ApiParam({ name: 'id', description: 'The account.', example: START.accountId }),
    ApiBody({ type: AccountTestInputDto, required: false }),
    ApiOkResponse({
      description: EVENTS,
      content: {
        'text/event-stream': {
          schema: { type: 'string' },
          examples: {
            success: { summary: 'The account works', value: SUCCESS },
            failure: { summary: 'The upstream refuses the key', value: FAILURE },
          },
        },
      },
    }),
    ApiProblem(404, 'There is no such platform (the answer names those that exist), or no such account.'),
    ApiProblem(
      409,
      'The account cannot be tested: nothing is relayed to its platform, or its key, address or proxy cannot be used.',
    ),
    ApiProblem(429, 'Too many tests run at the same time.'),
  );

/** Documents `POST /test-proxy`. */
export const ApiProxyTest = (): MethodDecorator =>
  applyDecorators(
    ApiOperation({
      summary: 'Test a proxy',
      description:
        'Makes one request (HEAD) through the proxy. Any HTTP answer of the target shows that the proxy works. A test that fails is told with status 200 and `ok: false`.',
    }),
    ApiOkResponse({ description: 'How it went.', type: ProxyTestDto }),
    ApiProblem(429, 'Too many tests run at the same time.'),
  );
