import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type HttpApp, startHttpApp } from '../../../test/support/http-app.ts';

describe('paths of version 1 that have moved', () => {
  let server: HttpApp;

  beforeAll(async () => {
    server = await startHttpApp();
  });

  afterAll(async () => {
    await server.close();
  });

  it.each([
    ['GET', '/admin', '/api/v2'],
    ['GET', '/admin/api-keys?page=1', '/api/v2'],
    ['DELETE', '/admin/claude-console-accounts/1', 'docs/migrating-from-v1.md'],
    ['GET', '/admin-next/api-stats', '/api/v2'],
    ['POST', '/web/auth/login', 'POST /api/v2/auth/admin/login'],
  ])('answers %s %s with where to go', async (method, path, where) => {
    const body = method === 'POST' ? { body: '{"username":', headers: { 'content-type': 'application/json' } } : {};
    const answer = await fetch(server.url + path, { method, ...body });
    const problem = (await answer.json()) as Record<string, string>;
    expect(answer.status).toBe(410);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(problem).toMatchObject({ title: 'Gone', instance: path.split('?')[0] });
    expect(problem['detail']).toContain(where);
  });

  it.each(['/administrator', '/webhook', '/web2'])('leaves %s alone', async (path) => {
    expect((await fetch(server.url + path)).status).toBe(404);
  });
});
