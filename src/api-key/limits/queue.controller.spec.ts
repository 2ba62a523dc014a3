import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { keys } from '@crs/store';
import { ApiKeyApp } from '../../../test/support/api-key-app.js';

const { concurrency, queue, queueStats, queueWaits } = keys.limits;
const NOW = Date.parse('2026-11-23T04:05:00.678Z');

describe('the queue of a key', () => {
  let app: ApiKeyApp;
  beforeAll(async () => {
    app = await ApiKeyApp.start();
  });
  afterAll(() => app.close());
  beforeEach(() => {
    app.clock.ms = NOW;
  });

  const call = (method: string, id: string) => app.send(method, `/keys/${id}/queue`);
  const busyKey = async () => {
    const { id } = await app.create({ name: 'busy', concurrencyLimit: 2 });
    const { store } = app;
    for (const request of ['req-1', 'req-2']) await store.zadd(concurrency(id), NOW + 90_000, request);
    await store.zadd(concurrency(id), NOW, 'req-0');
    await store.zadd(queue(id), NOW + 3000, '000000000000001:req-3');
    await store.hset(queueStats(id), {
      entered: '9',
      success: '3',
      timeout: '2',
      cancelled: '1',
      rejected_overload: '4',
    });
    await store.lpush(queueWaits(id), ...['100', '200', '300', '400']);
    return id;
  };
  const figures = {
    concurrencyLimit: 2,
    counters: { entered: 9, success: 3, timeout: 2, cancelled: 1, rejectedOverload: 4 },
    waits: { count: 4, p50Ms: 200, p90Ms: 400 },
  };

  it('shows who runs and waits, and how long that took', async () => {
    const { status, body } = await call('GET', await busyKey());
    expect(status).toBe(200);
    expect(body).toEqual({ ...figures, running: 2, waiting: 1 });
  });

  it('is empty for a key that nobody used', async () => {
    const { id } = await app.create({ name: 'quiet' });
    expect((await call('GET', id)).body).toEqual({
      running: 0,
      concurrencyLimit: 0,
      waiting: 0,
      counters: { entered: 0, success: 0, timeout: 0, cancelled: 0, rejectedOverload: 0 },
      waits: { count: 0, p50Ms: 0, p90Ms: 0 },
    });
  });

  it('forgets what is stuck, and keeps the figures', async () => {
    const id = await busyKey();
    const other = await busyKey();
    expect(await call('DELETE', id)).toEqual({ status: 200, body: { ...figures, running: 0, waiting: 0 } });
    expect((await call('GET', other)).body).toMatchObject({ running: 2, waiting: 1 });
  });

  it.each(['GET', 'DELETE'])('answers %s for a key that there is not with 404', async (method) => {
    const { status, body } = await call(method, '7c9e6679-7425-40de-944b-e07fc1f90ae7');
    expect(status).toBe(404);
    expect(body).toMatchObject({ detail: 'There is no API key with this id.' });
  });

  it('is documented whole', async () => {
    const schemas = await app.schemas();
    expect(Object.keys(schemas['KeyQueueDto']?.properties ?? {})).toEqual([
      ...['running', 'concurrencyLimit', 'waiting', 'counters', 'waits'],
    ]);
  });
});
