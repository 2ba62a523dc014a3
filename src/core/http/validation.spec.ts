import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type HttpApp, startHttpApp } from '../../../test/support/http-app.js';
import { call, sendJson, ThingController } from '../../../test/support/http-fixture.js';

let server: HttpApp;
const at = (path: string): string => `${server.url}${path}`;

beforeAll(async () => {
  server = await startHttpApp({ controllers: [ThingController] });
});

afterAll(async () => {
  await server.close();
});

describe('validation', () => {
  it('names each field that is wrong, missing or unknown', async () => {
    const answer = await sendJson(at('/things'), 'POST', { proxy: { port: '80', user: 'x' }, admin: true });
    expect(answer.status).toBe(400);
    expect(answer.body['detail']).toBe('4 fields were refused: admin, name, proxy.user, proxy.port');
    expect(answer.body['errors']).toEqual([
      { field: 'admin', message: 'admin is not a known field' },
      { field: 'name', message: 'name must be a string' },
      { field: 'proxy.user', message: 'user is not a known field' },
      { field: 'proxy.port', message: 'port must be an integer number' },
    ]);
  });

  it('treats a missing body as an empty one', async () => {
    const answer = await call(at('/things'), 'POST');
    expect(answer.body['errors']).toEqual([{ field: 'name', message: 'name must be a string' }]);
  });

  it('converts the query of a list and fills in what is missing', async () => {
    expect((await call(at('/things'), 'GET')).body).toEqual({ offset: 0, limit: 50 });
    const answer = await call(at('/things?offset=10&limit=200&active=false'), 'GET');
    expect(answer.body).toEqual({ offset: 10, limit: 200, active: false });
  });

  it.each(['limit=0', 'limit=201', 'limit=', 'limit=1e1', 'limit=1&limit=2', 'offset=-1', 'active=1', 'x=1'])(
    'refuses the query %s',
    async (query) => {
      expect((await call(at(`/things?${query}`), 'GET')).status).toBe(400);
    },
  );
});
