import { keys, type StoreClient } from '@crs/store';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { describeOnEachStore } from '../../../test/support/each-store.ts';
import { testAttemptRecord, testRequestEntry } from '../../../test/support/test-request-entry.ts';
import type { RequestEntry } from '../requests/request-entry.js';
import { AttemptLogRepository, KEPT_MS, MOST_LISTED } from './attempt-log.repository.js';

const entry = (requestId: string, change: Partial<RequestEntry> = {}): RequestEntry =>
  testRequestEntry({ requestId, ...change });
const FAILED = testAttemptRecord({ result: 'status', status: 529, verdict: 'other_account', mark: 'overload' });

describeOnEachStore('AttemptLogRepository', (storeOf) => {
  let store: StoreClient;
  let sut: AttemptLogRepository;

  beforeEach(() => {
    store = storeOf();
    sut = new AttemptLogRepository(store);
  });

  const listed = async (troubled: boolean): Promise<string[]> =>
    (await sut.list({ troubled })).map(({ requestId }) => requestId);

  it('gives back what was written, by either id', async () => {
    const one = entry('req_1', { upstreamRequestId: 'up_1', attempts: [FAILED, testAttemptRecord()] });
    const other = entry('req_2', { refusal: { code: 'no_account', message: 'None.' }, attempts: [] });
    await sut.write([one, other]);
    expect(await sut.find('req_1')).toEqual(one);
    expect(await sut.find('up_1')).toEqual(one);
    expect(await sut.find('req_2')).toEqual(other);
    expect(await sut.find('up_2')).toBeNull();
  });

  it('keeps everything for a day and nothing for ever', async () => {
    await sut.write([entry('req_1', { upstreamRequestId: 'up_1', end: 'failed' })]);
    const written = [
      keys.attempts.byRequest('req_1'),
      keys.attempts.byUpstreamId('up_1'),
      keys.attempts.recent,
      keys.attempts.troubled,
    ];
    for (const key of written) {
      const ttl = await store.pttl(key);
      expect(ttl).toBeGreaterThan(KEPT_MS - 10_000);
      expect(ttl).toBeLessThanOrEqual(KEPT_MS);
    }
  });

  it('prefers an id of the gateway to one that an upstream made look like it', async () => {
    await sut.write([entry('req_1'), entry('req_2', { upstreamRequestId: 'req_1' })]);
    expect((await sut.find('req_1'))?.requestId).toBe('req_1');
  });

  it.each(['', 'recent', 'troubled', 'two words', 'x'.repeat(101), 'caf\u00e9', 'a\nb'])(
    'finds nothing by %j',
    async (id) => {
      await sut.write([entry('req_1', { end: 'failed' })]);
      expect(await sut.find(id)).toBeNull();
    },
  );

  it.each(['broken', 'null', '7', '[]', '{}', '{"requestId":"req_1","attempts":7}'])(
    'takes %s for no entry',
    async (text) => {
      await sut.write([entry('req_1', { upstreamRequestId: 'up_1' }), entry('req_2')]);
      await store.set(keys.attempts.byRequest('req_1'), text);
      expect(await sut.find('req_1')).toBeNull();
      expect(await sut.find('up_1')).toBeNull();
      expect(await listed(false)).toEqual(['req_2']);
    },
  );

  it('finds nothing by an upstream id whose request has expired', async () => {
    await sut.write([entry('req_1', { upstreamRequestId: 'up_1' })]);
    await store.del(keys.attempts.byRequest('req_1'));
    expect(await sut.find('up_1')).toBeNull();
  });

  it('lists what ended last first, over several writes, and leaves out what has expired', async () => {
    expect(await listed(false)).toEqual([]);
    await sut.write([entry('req_1'), entry('req_2')]);
    await sut.write([entry('req_3'), entry('req_4')]);
    await store.del(keys.attempts.byRequest('req_3'));
    expect(await listed(false)).toEqual(['req_4', 'req_2', 'req_1']);
    expect(await listed(true)).toEqual([]);
  });

  it('lists apart what went wrong', async () => {
    await sut.write([
      entry('req_1', { attempts: [FAILED, testAttemptRecord()] }),
      entry('req_2'),
      entry('req_3', { end: 'client_gone', attempts: [] }),
      entry('req_4', { attempts: [testAttemptRecord({ result: 'intercepted', reason: 'warmup' })] }),
    ]);
    expect(await listed(true)).toEqual(['req_3', 'req_1']);
  });

  it('lists no more than a bounded number, the newest', async () => {
    const many = Array.from({ length: MOST_LISTED + 5 }, (_, at) => entry(`req_${String(at)}`, { end: 'failed' }));
    await sut.write(many);
    for (const troubled of [false, true]) {
      const found = await listed(troubled);
      expect(found).toHaveLength(MOST_LISTED);
      expect(found.slice(0, 2)).toEqual([`req_${String(MOST_LISTED + 4)}`, `req_${String(MOST_LISTED + 3)}`]);
    }
    expect(await store.llen(keys.attempts.recent)).toBe(MOST_LISTED);
    expect(await store.llen(keys.attempts.troubled)).toBe(MOST_LISTED);
    // It is still found by its id.
    expect((await sut.find('req_0'))?.requestId).toBe('req_0');
  });

  it('rejects where the store takes only a part', async () => {
    await store.set(keys.attempts.recent, 'no list');
    await expect(sut.write([entry('req_1')])).rejects.toThrow('WRONGTYPE');
  });
});

describe('a write of many entries', () => {
  it('is one round trip', async () => {
    const batches: number[] = [];
    const store = {
      pipeline: (commands: unknown[]) => ({
        exec: () => {
          batches.push(commands.length);
          return Promise.resolve(commands.map(() => [null, 'OK']));
        },
      }),
    } as unknown as StoreClient;
    await new AttemptLogRepository(store).write([entry('req_1'), entry('req_2', { upstreamRequestId: 'up_2' })]);
    expect(batches).toEqual([3 + 3]);
  });
});
