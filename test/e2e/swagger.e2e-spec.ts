import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type BuiltGateway, startBuiltGateway } from '../support/built-gateway.ts';

interface Operation {
  readonly summary?: string;
  readonly security?: readonly object[];
  readonly responses: Record<string, { readonly description?: string }>;
  readonly requestBody?: { readonly content: Record<string, { schema?: object }> };
}

/** The routes of this version; a route that is served and not listed here, or the other way round, fails the test. */
const ROUTES = [
  'GET /metrics',
  'POST /api/claude/v1/messages',
  'POST /claude/claude/v1/messages',
  'POST /api/claude/v1/messages/count_tokens',
  'POST /claude/claude/v1/messages/count_tokens',
  'DELETE /api/v2/keys/{id}/queue',
  'GET /api/v2/keys/{id}/queue',
  'GET /api/v2/settings/service-rates',
  'DELETE /api/v2/settings/prices/{model}',
  'GET /api/v2/settings/prices',
  'GET /api/v2/settings/prices/{model}',
  'POST /api/v2/stats/recompute',
  'GET /api/v2/stats/doctor',
  'PUT /api/v2/settings/prices/{model}',
  'POST /api/v2/accounts/test-proxy',
  'POST /api/v2/accounts/{platform}/{id}/test',
  'PUT /api/v2/settings/service-rates',
  'GET /',
  'GET /api/api/hello',
  'GET /api/health',
  'GET /api/hello',
  'GET /api/v1/key-info',
  'GET /api/v1/me',
  'GET /api/v1/models',
  'GET /api/v1/models/{id}',
  'GET /api/v1/organizations/{id}/usage',
  'GET /api/v1/usage',
  'GET /api/v2/account-groups',
  'GET /api/v2/account-groups/{id}',
  'GET /api/v2/account-groups/{id}/members',
  'GET /api/v2/accounts',
  'GET /api/v2/accounts/{platform}/{id}/error-history',
  'GET /api/v2/accounts/{platform}',
  'GET /api/v2/accounts/{platform}/{id}',
  'GET /api/v2/accounts/{platform}/{id}/availability',
  'GET /api/v2/auth/me',
  'GET /api/v2/keys',
  'GET /api/v2/keys/{id}',
  'GET /api/v2/keys/{id}/stats',
  'GET /api/v2/keys/{id}/records',
  'GET /api/v2/stats/accounts',
  'GET /api/v2/stats/cost',
  'GET /api/v2/stats/dashboard',
  'GET /api/v2/stats/keys/{id}',
  'GET /api/v2/stats/top-keys',
  'GET /api/v2/stats/trends',
  'GET /api/v2/stats/usage',
  'GET /api/v2/relay/requests',
  'GET /api/v2/relay/requests/{requestId}',
  'GET /api/v2/settings/relay',
  'GET /api/v2/tags',
  'GET /apiStats/service-rates',
  'GET /claude/api/hello',
  'GET /claude/v1/key-info',
  'GET /claude/v1/me',
  'GET /claude/v1/models',
  'GET /claude/v1/models/{id}',
  'GET /claude/v1/organizations/{id}/usage',
  'GET /claude/v1/usage',
  'GET /health',
  'GET /api/v2/accounts/not-served',
  'GET /openai/claude/v1/models',
  'GET /openai/claude/v1/models/{id}',
  'GET /openai/key-info',
  'GET /openai/models',
  'GET /openai/models/{id}',
  'GET /openai/usage',
  'GET /openai/v1/models',
  'GET /openai/v1/models/{id}',
  'POST /api/v1/chat/completions',
  'POST /claude/v1/chat/completions',
  'POST /openai/chat/completions',
  'POST /openai/claude/v1/chat/completions',
  'POST /openai/responses',
  'POST /openai/responses/compact',
  'POST /openai/v1/chat/completions',
  'POST /openai/v1/responses',
  'POST /openai/v1/responses/compact',
  'GET /health/live',
  'GET /health/ready',
  'DELETE /api/v2/account-groups/{id}',
  'DELETE /api/v2/account-groups/{id}/members/{accountId}',
  'DELETE /api/v2/accounts/{platform}/{id}/error-history',
  'DELETE /api/v2/accounts/{platform}/{id}',
  'DELETE /api/v2/keys/{id}',
  'DELETE /api/v2/keys/batch',
  'DELETE /api/v2/keys/deleted',
  'DELETE /api/v2/keys/{id}/permanent',
  'DELETE /api/v2/tags/{name}',
  'POST /api/api/event_logging/batch',
  'POST /api/event_logging/batch',
  'POST /api/v1/messages',
  'POST /api/v1/messages/count_tokens',
  'POST /api/v2/account-groups',
  'POST /api/v2/account-groups/{id}/members',
  'POST /api/v2/accounts/{platform}/{id}/toggle',
  'POST /api/v2/accounts/{platform}',
  'POST /api/v2/accounts/{platform}/{id}/reset-rate-limit',
  'POST /api/v2/accounts/{platform}/{id}/toggle-schedulable',
  'POST /api/v2/auth/admin/login',
  'POST /api/v2/auth/change-password',
  'POST /api/v2/keys',
  'POST /api/v2/keys/batch',
  'POST /api/v2/keys/{id}/restore',
  'POST /api/v2/keys/{id}/regenerate',
  'POST /api/v2/scheduler/explain',
  'POST /api/v2/tags',
  'POST /apiStats/api/batch-model-stats',
  'POST /apiStats/api/batch-stats',
  'POST /apiStats/api/get-key-id',
  'POST /apiStats/api/user-model-stats',
  'POST /apiStats/api/user-stats',
  'POST /claude/api/event_logging/batch',
  'POST /claude/v1/messages',
  'POST /claude/v1/messages/count_tokens',
  'PUT /api/v2/account-groups/{id}',
  'PUT /api/v2/account-groups/{id}/members',
  'PUT /api/v2/accounts/{platform}/{id}',
  'PUT /api/v2/keys/{id}',
  'PUT /api/v2/keys/batch',
  'PUT /api/v2/settings/relay',
  'PUT /api/v2/tags/{name}',
];

// Against the build: the documentation is made from the comments of the sources when they are compiled.
describe('the API documentation', () => {
  let gateway: BuiltGateway;
  let operations: [name: string, operation: Operation][];

  beforeAll(async () => {
    gateway = await startBuiltGateway();
    const { paths } = (await (await fetch(`${gateway.url}/docs-json`)).json()) as {
      paths: Record<string, Record<string, Operation>>;
    };
    operations = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]): [string, Operation] => [
        `${method.toUpperCase()} ${path}`,
        operation,
      ]),
    );
  });

  afterAll(() => gateway.stop());

  it('shows a page that loads nothing from elsewhere', async () => {
    const page = await fetch(`${gateway.url}/docs`);
    expect(page.status).toBe(200);
    expect(await page.text()).not.toMatch(/(src|href)="https?:/);
  });

  it('knows every route', () => {
    expect(operations.map(([name]) => name).sort()).toEqual([...ROUTES].sort());
  });

  it('says of every route what it does, what it answers and what goes wrong', () => {
    const lacking = operations.flatMap(([name, { summary, responses, requestBody }]) => {
      const statuses = Object.keys(responses);
      return [
        ...(summary === undefined || summary === '' ? [`${name}: no summary`] : []),
        ...(statuses.some((status) => status.startsWith('2')) ? [] : [`${name}: no success`]),
        ...(name.includes('/v2/') && !statuses.some((status) => status.startsWith('4')) ? [`${name}: no error`] : []),
        ...Object.values(requestBody?.content ?? {}).flatMap(({ schema }) =>
          schema === undefined ? [`${name}: no schema`] : [],
        ),
        ...statuses
          .filter((status) => (responses[status]?.description ?? '') === '')
          .map((status) => `${name}: ${status} without words`),
      ];
    });
    expect(lacking).toEqual([]);
  });

  it('says of statistics that the store may be away', () => {
    const ofStatistics = operations.filter(([name]) => /\/v2\/(?:stats\/|keys\/\{id\}\/(?:stats|records))/.test(name));
    const lacking = ofStatistics.filter(([, { responses }]) => responses['503'] === undefined).map(([name]) => name);
    expect(ofStatistics.length).toBeGreaterThan(8);
    expect(lacking).toEqual([]);
  });

  it('says who may call', () => {
    for (const [name, { security = [] }] of operations) {
      const expected = name.endsWith('/admin/login')
        ? []
        : name.includes('/v2/')
          ? [{ admin: [] }]
          : name.includes('/v1/') || name.includes(' /openai/')
            ? [{ client: [] }]
            : [];
      expect({ name, security }).toEqual({ name, security: expected });
    }
  });
});

describe('the API documentation that is turned off', () => {
  it('is not there', async () => {
    const gateway = await startBuiltGateway({ env: { SWAGGER_ENABLED: 'false' } });
    try {
      for (const path of ['/docs', '/docs-json']) expect((await fetch(gateway.url + path)).status).toBe(404);
    } finally {
      await gateway.stop();
    }
  });
});
