import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TestApp } from '../support/test-app.ts';

interface Operation {
  readonly summary?: string;
  readonly responses: Record<
    string,
    { readonly description?: string; readonly content?: Record<string, { schema?: object; example?: unknown }> }
  >;
  readonly requestBody?: { readonly content: Record<string, { schema?: object }> };
}

/** Routes of the framework or the documentation itself. */
const UNDOCUMENTED = /^\/docs|^\/$|^\/favicon/;

describe('the API documentation', () => {
  let app: TestApp;
  let paths: Record<string, Record<string, Operation>>;

  beforeAll(async () => {
    app = await TestApp.start();
    paths = (await app.call('GET', '/docs-json')).body.paths;
  });

  afterAll(() => app.close());

  const operations = (): [string, Operation][] =>
    Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]): [string, Operation] => [
        `${method.toUpperCase()} ${path}`,
        operation,
      ]),
    );

  it('shows a page that loads nothing from elsewhere', async () => {
    const page = await fetch(`${app.url}/docs`);
    expect(page.status).toBe(200);
    expect(await page.text()).not.toMatch(/(src|href)="https?:/);
  });

  it('documents every route that is served', () => {
    const served = app.app.getHttpAdapter().getInstance().printRoutes({ commonPrefix: false });
    const documented = Object.keys(paths).map((path) => path.replaceAll(/\{([^}]+)\}/g, ':$1'));
    const lines = served.split('\n').filter((line) => /\((GET|POST|PUT|DELETE|PATCH)/.test(line));
    expect(lines.length).toBeGreaterThan(5);
    expect(documented).toEqual(
      expect.arrayContaining([
        '/api/v1/messages',
        '/claude/v1/messages',
        '/api/v1/messages/count_tokens',
        '/api/v1/models',
        '/api/v1/models/:id',
        '/api/v2/auth/admin/login',
        '/api/v2/auth/me',
        '/api/v2/auth/change-password',
        '/api/v2/keys',
        '/api/v2/keys/:id',
        '/api/v2/keys/:id/restore',
        '/api/v2/keys/:id/stats',
        '/api/v2/accounts/:platform',
        '/api/v2/accounts/:platform/:id',
        '/api/v2/accounts/:platform/:id/toggle-schedulable',
        '/api/v2/accounts/:platform/:id/reset-rate-limit',
        '/api/v2/accounts/:platform/:id/availability',
        '/health',
      ]),
    );
  });

  it('says of every route what it does, what it answers and what goes wrong', () => {
    const lacking = operations()
      .filter(([name]) => !UNDOCUMENTED.test(name))
      .flatMap(([name, { summary, responses, requestBody }]) => [
        ...(summary === undefined || summary === '' ? [`${name}: no summary`] : []),
        ...(Object.keys(responses).some((status) => status.startsWith('2')) ? [] : [`${name}: no success`]),
        ...(name.includes('/api/v2/') && !Object.keys(responses).some((status) => status.startsWith('4'))
          ? [`${name}: no error`]
          : []),
        ...(requestBody !== undefined && Object.values(requestBody.content).some(({ schema }) => schema === undefined)
          ? [`${name}: no schema`]
          : []),
        ...Object.entries(responses)
          .filter(
            ([status, { description }]) => status !== 'default' && (description === undefined || description === ''),
          )
          .map(([status]) => `${name}: ${status} without words`),
      ]);
    expect(lacking).toEqual([]);
  });
});

describe('the API documentation that is turned off', () => {
  it('is not there', async () => {
    const quiet = await TestApp.start({ swaggerEnabled: false });
    try {
      expect((await quiet.call('GET', '/docs')).status).toBe(404);
      expect((await quiet.call('GET', '/docs-json')).status).toBe(404);
    } finally {
      await quiet.close();
    }
  });
});
