import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type AccountApi, startAccountApi } from '../../../test/support/account-api.js';
import { CODEX_KIND, CONSOLE_KIND, putAccounts, v1CodexRecord } from '../../../test/support/account-fixture.js';
import { describeOnEachStore } from '../../../test/support/each-store.js';
import { ErrorHistoryRepository } from './error-history.repository.js';
import { parseHistoryEntry } from './history-entry.js';

const HISTORY = 'error_history:claude-console:a';

describeOnEachStore('ErrorHistoryRepository', (storeOf) => {
  it('reads a page, newest first, and forgets all', async () => {
    const sut = new ErrorHistoryRepository(storeOf());
    for (const text of ['oldest', 'middle', 'newest']) await storeOf().lpush(HISTORY, text);
    await storeOf().lpush('error_history:openai-responses:a', 'other');
    const read = (offset: number, limit: number) => sut.read(CONSOLE_KIND, 'a', { offset, limit });
    expect(await read(0, 2)).toEqual({ texts: ['newest', 'middle'], total: 3 });
    expect(await read(2, 2)).toEqual({ texts: ['oldest'], total: 3 });
    expect(await read(3, 2)).toEqual({ texts: [], total: 3 });
    expect(await sut.clear(CONSOLE_KIND, 'a')).toBe(3);
    expect(await sut.clear(CONSOLE_KIND, 'a')).toBe(0);
    expect(await read(0, 2)).toEqual({ texts: [], total: 0 });
    expect((await sut.read(CODEX_KIND, 'a', { offset: 0, limit: 1 })).total).toBe(1);
  });
});

describe('parseHistoryEntry', () => {
  const AT = new Date('2026-11-23T04:00:00.000Z');

  it.each([
    [
      '{"time":"2026-11-23T04:00:00.000Z","status":529,"errorType":"overload","context":{"errorBody":"x"}}',
      { at: AT, status: 529, errorType: 'overload', context: { errorBody: 'x' } },
    ],
    [
      '{"time":"2026-11-23T04:00:00.000Z","status":0,"errorType":"connection","context":{}}',
      { at: AT, status: null, errorType: 'connection', context: {} },
    ],
    [`{"time":${AT.getTime()}}`, { at: AT, status: null, errorType: 'unknown', context: {} }],
    [
      '{"time":"2026-11-23T04:00:00.000Z","status":"529","errorType":7,"context":[1]}',
      { at: AT, status: null, errorType: 'unknown', context: {} },
    ],
  ])('reads %s', (text, entry) => {
    expect(parseHistoryEntry(text, '')).toEqual(entry);
  });

  it.each(['', 'broken', 'null', '7', '[]', '{}', '{"time":"soon"}', '{"time":null}', '{"time":{}}'])(
    'finds no entry in %j',
    (text) => {
      expect(parseHistoryEntry(text, '')).toBeNull();
    },
  );

  it('keeps of what was noted only what is known or a short text, without anything that looks like a key', () => {
    const context = {
      requestId: 'req_1',
      model: 'claude-opus-5-5',
      endpoint: 'messages',
      errorBody: { error: { message: 'No key mykey-1 here, Bearer abcdefgh.ijkl, sk-ant-REDACTED' } },
      reason: 'account sk-ant-abcdef is gone',
      words: 'x'.repeat(201),
      retries: 3,
      nested: { apiKey: 'x' },
      headers: { 'x-api-key': 'sk-ant-abcdef' },
      requestHeaders: 'cookie: a=b',
      Authorization: 'abc',
      apiKey: 'plain',
      set_cookie: 'a=b',
    };
    const text = JSON.stringify({ time: AT, status: 401, errorType: 'sk-ant-abcdefgh', context });
    expect(parseHistoryEntry(text, 'mykey-1')).toEqual({
      at: AT,
      status: 401,
      errorType: '[redacted]',
      context: {
        requestId: 'req_1',
        model: 'claude-opus-5-5',
        endpoint: 'messages',
        errorBody: '{"error":{"message":"No key [redacted] here, [redacted], [redacted]"}}',
        reason: 'account [redacted] is gone',
      },
    });
  });

  it('cuts long words of an upstream, and leaves out null', () => {
    const context = { errorBody: 'x y '.repeat(1000), model: 'm '.repeat(200), endpoint: null };
    const contextOf = (given: object) => parseHistoryEntry(JSON.stringify({ time: AT, context: given }), '')?.context;
    expect(contextOf({ errorBody: null })).toEqual({});
    const found = contextOf(context);
    expect(found?.['errorBody']).toHaveLength(2000);
    expect(found?.['model']).toHaveLength(200);
    expect(Object.keys(found ?? {})).toEqual(['errorBody', 'model']);
  });

  it('never throws', () => {
    const entry = fc.record({
      time: fc.oneof(fc.jsonValue(), fc.constant(0)),
      status: fc.jsonValue(),
      context: fc.jsonValue(),
    });
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          entry.map((value) => JSON.stringify(value)),
        ),
        (text) => {
          const found = parseHistoryEntry(text, 'secret');
          expect(found === null || !Number.isNaN(found.at.getTime())).toBe(true);
        },
      ),
    );
  });
});

describe('/accounts/:platform/:id/error-history', () => {
  let api: AccountApi;

  beforeEach(async () => {
    api = await startAccountApi();
  });

  afterEach(async () => {
    await api.close();
  });

  it('shows the errors of an account, newest first, page by page', async () => {
    const id = await api.create();
    for (const minute of ['00', '01', '02']) {
      const entry = {
        time: `2026-11-23T03:${minute}:00.000Z`,
        status: 529,
        errorType: 'overload',
        context: { model: 'm' },
      };
      await api.store.lpush(`error_history:claude-console:${id}`, JSON.stringify(entry));
    }
    const read = async (query: string) => (await api.send('GET', `claude-console/${id}/error-history${query}`)).body;
    expect(await read('?limit=1')).toEqual({
      items: [{ time: '2026-11-23T03:02:00.000Z', status: 529, errorType: 'overload', context: { model: 'm' } }],
      total: 3,
      unreadable: 0,
    });
    expect(await read('?offset=1')).toMatchObject({
      items: [{ time: '2026-11-23T03:01:00.000Z' }, { time: '2026-11-23T03:00:00.000Z' }],
      total: 3,
    });
    expect((await api.send('GET', `claude-console/${id}/error-history?limit=0`)).status).toBe(400);
  });

  it('never shows the key of the account', async () => {
    const id = await api.create({ apiKey: 'mykey' });
    const entry = {
      time: '2026-11-23T03:00:00.000Z',
      context: { errorBody: 'mykey is wrong', headers: { a: 'mykey' } },
    };
    await api.store.lpush(`error_history:claude-console:${id}`, JSON.stringify(entry));
    expect((await api.send('GET', `claude-console/${id}/error-history`)).body['items']).toMatchObject([
      { context: { errorBody: '[redacted] is wrong' } },
    ]);
  });

  it('leaves out what cannot be read, and says how much', async () => {
    await putAccounts(api.store, CODEX_KIND, v1CodexRecord({ id: 'x' }));
    await api.store.lpush('error_history:openai-responses:x', '{"time":"2026-11-23T03:00:00.000Z"}', 'broken', '{}');
    expect((await api.send('GET', 'codex/x/error-history')).body).toEqual({
      items: [{ time: '2026-11-23T03:00:00.000Z', status: null, errorType: 'unknown', context: {} }],
      total: 3,
      unreadable: 2,
    });
  });

  it('forgets them, and leaves the marks', async () => {
    const id = await api.create();
    await api.store.lpush(`error_history:claude-console:${id}`, '{}', '{}');
    await api.store.set(`temp_unavailable:claude-console:${id}`, '{}');
    const clear = () => api.send('DELETE', `claude-console/${id}/error-history`);
    expect(await clear()).toEqual({ status: 200, body: { deleted: 2 } });
    expect(await clear()).toEqual({ status: 200, body: { deleted: 0 } });
    expect(await api.store.exists(`temp_unavailable:claude-console:${id}`)).toBe(1);
  });

  it.each(['GET', 'DELETE'])('%s answers 404 for an account or a platform that does not exist', async (method) => {
    expect((await api.send(method, 'claude-console/none/error-history')).status).toBe(404);
    expect((await api.send(method, 'gemini/none/error-history')).status).toBe(404);
  });
});
