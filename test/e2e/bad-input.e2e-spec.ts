import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Simulator, startSimulator } from '../support/simulator/simulator.ts';
import { TestApp } from '../support/test-app.ts';

const BODY_LIMIT = 4096;

interface Operation {
  readonly security?: readonly unknown[];
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: unknown;
}

describe('bad input', () => {
  let simulator: Simulator;
  let app: TestApp;
  let secret: string;

  beforeAll(async () => {
    simulator = await startSimulator();
    app = await TestApp.start({ http: { bodyLimitBytes: BODY_LIMIT } });
    await app.account(simulator.url, 'up-a');
    secret = (await app.key()).key;
  });

  afterAll(async () => {
    await app.close();
    await simulator.close();
  });

  const send = (body: string, headers: Record<string, string> = { 'x-api-key': secret }) =>
    app.call('POST', '/api/v1/messages', body, headers);

  const ofBytes = (bytes: number): string => {
    const frame = JSON.stringify({ model: 'm', messages: [''] });
    return frame.replace('""', `"${'x'.repeat(bytes - frame.length)}"`);
  };

  describe('on client routes', () => {
    it.each([
      ['no JSON', 'hello', 400, 'invalid_request_error'],
      ['JSON that does not close', '{"model":"m"', 400, 'invalid_request_error'],
      ['no object', '[]', 400, 'invalid_request_error'],
      ['no model', '{"messages":[]}', 400, 'invalid_request_error'],
      ['no messages', '{"model":"m"}', 400, 'invalid_request_error'],
      ['nothing', '', 400, 'invalid_request_error'],
    ])('answers a body that is %s in the Anthropic form', async (_, body, status, type) => {
      const answer = await send(body);
      expect(answer.status).toBe(status);
      expect(answer.body).toEqual({
        type: 'error',
        error: { type, message: expect.any(String) },
        request_id: expect.stringMatching(/^req_/),
      });
    });

    it('takes a body of exactly the limit and refuses one byte more', async () => {
      expect((await send(ofBytes(BODY_LIMIT))).status).toBe(200);
      const refused = await send(ofBytes(BODY_LIMIT + 1));
      expect(refused.status).toBe(413);
      expect(refused.body.error.type).toBe('request_too_large');
      expect((await send(ofBytes(BODY_LIMIT))).status).toBe(200);
    });

    it.each([
      ['no key', {}],
      ['a key of somebody else', { 'x-api-key': 'sk-ant-api03-xxxxxxxxxxxx' }],
      ['an unknown key', { 'x-api-key': `cr_${'0'.repeat(64)}` }],
      ['a broken authorization', { authorization: 'Basic xxxxxxxxxxxx' }],
    ] as const)('refuses %s and tells the client not to try again', async (_, headers) => {
      const answer = await send('{"model":"m","messages":[]}', headers);
      expect(answer.status).toBe(401);
      expect(answer.body.error.type).toBe('authentication_error');
      expect(answer.headers.get('x-should-retry')).toBe('false');
    });

    it('refuses an unknown key before it has read the body', async () => {
      const answer = await new Promise<string>((resolve, reject) => {
        const { hostname, port } = new URL(app.url);
        const socket = connect(Number(port), hostname);
        socket.once('error', reject);
        socket.once('data', (data) => {
          resolve(data.toString());
          socket.destroy();
        });
        // The body that is announced here is never sent.
        socket.write(
          'POST /api/v1/messages HTTP/1.1\r\nhost: x\r\nx-api-key: cr_unknown_key\r\ncontent-length: 4000\r\n\r\n{',
        );
      });
      expect(answer).toMatch(/^HTTP\/1\.1 401 /);
    });

    it.each(['/api/v1/unknown', '/api/nothing', '/claude/v2/x'])(
      'answers the unknown path %s in the Anthropic form',
      async (path) => {
        const answer = await app.call('GET', path);
        expect(answer.status).toBe(404);
        expect(answer.body).toMatchObject({ type: 'error', error: { type: 'not_found_error' } });
      },
    );

    it('answers what clients ask beside their requests', async () => {
      expect((await app.call('GET', '/api/hello')).status).toBe(200);
      expect((await app.call('POST', '/api/event_logging/batch', { events: [] })).body).toEqual({ success: true });
      expect((await app.call('HEAD', '/')).status).toBe(200);
    });

    it('refuses a service or a model that the key may not use', async () => {
      const codex = await app.key({ permissions: ['codex'] });
      const refused = await send('{"model":"m","messages":[]}', { 'x-api-key': codex.key });
      expect(refused).toMatchObject({ status: 403, body: { error: { type: 'permission_error' } } });
      expect(refused.headers.get('x-should-retry')).toBe('false');
      const restricted = await app.key({
        enableModelRestriction: true,
        modelRestrictionMode: 'allow',
        restrictedModels: ['good'],
      });
      expect((await send('{"model":"bad","messages":[]}', { 'x-api-key': restricted.key })).status).toBe(403);
      expect((await send('{"model":"good","messages":[]}', { 'x-api-key': restricted.key })).status).toBe(200);
    });

    it('lists what a key may use in the form of the client', async () => {
      const anthropic = await app.call('GET', '/api/v1/models', undefined, {
        'x-api-key': secret,
        'anthropic-version': '2023-06-01',
      });
      expect(anthropic.body).toMatchObject({
        has_more: false,
        data: expect.arrayContaining([expect.objectContaining({ type: 'model' })]),
      });
      const { id } = anthropic.body.data[0];
      const openai = await app.call('GET', `/api/v1/models/${id}`, undefined, { 'x-api-key': secret });
      expect(openai.body).toMatchObject({ id, object: 'model', owned_by: 'anthropic' });
      expect((await app.call('GET', '/api/v1/models/none', undefined, { 'x-api-key': secret })).status).toBe(404);
    });
  });

  describe('on every documented admin route', () => {
    const WRONG: readonly unknown[] = [
      [],
      {
        name: 7,
        apiKey: [],
        apiUrl: {},
        priority: 'high',
        username: null,
        password: 1,
        currentPassword: {},
        newPassword: [],
      },
      { unknownField: 1, name: 'x' },
      {
        name: '',
        apiUrl: 'ftp://x',
        apiKey: '',
        priority: 0,
        permissions: 'everything',
        expiresAt: 'soon',
        proxy: 'x',
        tags: 'x',
      },
      'no json',
    ];

    const operations = async (): Promise<[method: string, path: string, operation: Operation][]> => {
      const { body } = await app.call('GET', '/docs-json');
      return Object.entries<Record<string, Operation>>(body.paths)
        .filter(([path]) => path.startsWith('/api/v2/'))
        .flatMap(([path, methods]) =>
          Object.entries(methods).map(([method, operation]): [string, string, Operation] => [method, path, operation]),
        );
    };

    const concrete = (path: string): string =>
      path.replace('{platform}', 'claude-console').replaceAll(/\{[^}]+\}/g, '00000000-0000-4000-8000-000000000000');

    it('answers wrong types and unknown fields with problem details, and never with a 5xx', async () => {
      const seen: string[] = [];
      for (const [method, path] of await operations()) {
        for (const wrong of method === 'get' || method === 'delete' ? [undefined] : WRONG) {
          const answer = await app.api(method.toUpperCase(), concrete(path).replace('/api/v2', ''), wrong);
          seen.push(`${method} ${path} ${String(answer.status)}`);
          expect(`${method} ${path} ${String(answer.status)}`).not.toMatch(/ 5\d\d$/);
          if (answer.status < 400) continue;
          expect(answer.headers.get('content-type')).toContain('application/problem+json');
          expect(answer.body).toMatchObject({
            status: answer.status,
            title: expect.any(String),
            requestId: expect.stringMatching(/^req_/),
          });
        }
      }
      expect(seen.length).toBeGreaterThan(30);
    });

    it('lets nobody in without a token', async () => {
      for (const [method, path] of await operations()) {
        if (path === '/api/v2/auth/admin/login') continue;
        const answer = await app.call(method.toUpperCase(), concrete(path));
        expect(`${method} ${path} ${String(answer.status)}`).toBe(`${method} ${path} 401`);
      }
    });

    it('names the field that is wrong and loses nothing', async () => {
      const { id } = await app.key({ name: 'kept', tags: ['a'] });
      const refused = await app.api('PUT', `/keys/${id}`, { name: 'changed', dailyCostLimit: -1, colour: 'red' });
      expect(refused.status).toBe(400);
      expect(refused.body.errors.map((error: { field: string }) => error.field).sort()).toEqual([
        'colour',
        'dailyCostLimit',
      ]);
      expect((await app.api('GET', `/keys/${id}`)).body).toMatchObject({ name: 'kept', tags: ['a'] });
    });
  });
});
