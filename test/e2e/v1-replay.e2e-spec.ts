import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { STORE_CLIENT, type StoreClient } from '@crs/store';
import { findRedisServer } from '../support/redis-server.ts';
import { type Simulator, startSimulator } from '../support/simulator/simulator.ts';
import { type ApiAnswer, TestApp } from '../support/test-app.ts';
import { stopTheDateAt } from '../support/stopped-date.ts';
import { embeddedDatabase, fillAsV1, redisDatabase, type V1Database } from '../support/v1-database.ts';
import {
  readGolden,
  readMade,
  type StoredKey,
  V1_HOUR,
  V1_SETTINGS,
  V1_VERSIONS,
  type V1Made,
  type V1Version,
} from '../support/v1-golden.ts';

/** What v1's simulated upstream reported, whatever it was asked. */
const CLAUDE_USAGE = { inputTokens: 1203, outputTokens: 457, ephemeral5mTokens: 811, ephemeral1hTokens: 307 };
const USAGE = {
  claude: { ...CLAUDE_USAGE, cacheCreateTokens: 1118, cacheReadTokens: 20_011 },
  codex: { inputTokens: 1977, outputTokens: 222, cacheCreateTokens: 0, cacheReadTokens: 1024 },
} as const;

const NEWEST: V1Version = '1.1.314';

type Recorded = V1Made['requests'][number];

/** Where the answer is another than v1's, and why: docs/migrating-from-v1.md. */
const DIFFERENCES: readonly {
  readonly of: (request: Recorded) => boolean;
  readonly status: number;
  readonly reason: string;
}[] = [
  {
    of: ({ path, status }) => path.startsWith('/openai/') && status === 403,
    status: 400,
    reason: 'Codex tries a 403 six times; a permission that is missing is a 400 on the paths of OpenAI',
  },
];

const expectedStatus = (request: Recorded): number =>
  DIFFERENCES.find(({ of }) => of(request))?.status ?? request.status;

const secretOf = (made: V1Made, beginning: string): string => {
  const found = made.keys.find(({ name }) => plainName(name) === beginning);
  if (found === undefined) throw new Error(`no key "${beginning}" was made`);
  return found.key;
};

async function replay(made: V1Made, app: TestApp): Promise<{ request: Recorded; answer: ApiAnswer }[]> {
  const answers = [];
  for (const request of made.requests) {
    const headers = { 'x-api-key': secretOf(made, request.key) };
    answers.push({ request, answer: await app.call('POST', request.path, request.body, headers) });
  }
  return answers;
}

/** v1.1.162 counts weeks of the calendar; all other keys of usage but the lists of records are sums. */
const isSum = ({ key, type }: StoredKey): boolean =>
  (type === 'hash' || type === 'string') &&
  /^(?:account_)?usage:/.test(key) &&
  !/^usage:opus:weekly:.*-W\d\d$/.test(key);

const fieldsOf = (stored: StoredKey | undefined): Readonly<Record<string, string>> => {
  if (stored?.type === 'hash') return stored.value;
  return stored?.type === 'string' ? { '': stored.value } : {};
};

/** The same name without the letter that tells the databases apart. */
const plainName = (name: string): string => name.replace(/-[a-z]$/, '');

/** The ids of keys and accounts of `from` beside those of their namesakes in `to`. */
function namesakes(from: V1Version, to: V1Version): readonly (readonly [string, string])[] {
  const idsOf = (version: V1Version): Map<string, string> =>
    new Map(
      readGolden(version).flatMap((stored) => {
        if (stored.type !== 'hash' || !/^(?:apikey|[a-z_]+_account):[0-9a-f-]{36}$/.test(stored.key)) return [];
        return [[plainName(stored.value['name'] ?? ''), stored.value['id'] ?? ''] as const];
      }),
    );
  const others = idsOf(to);
  return [...idsOf(from)].map(([name, id]) => [id, others.get(name) ?? `no namesake of ${name}`]);
}

/**
 * What the requests of both databases, which are the same ones, added to each sum of `version`, as v1.1.314 booked it.
 * v1.1.162 itself took all cache writes of an answer without stream for cheap ones, and counted only Opus per week.
 */
function newestBooking(version: V1Version): ReadonlyMap<string, Readonly<Record<string, string>>> {
  const ids = namesakes(NEWEST, version);
  const translate = (text: string): string => ids.reduce((now, [id, other]) => now.replaceAll(id, other), text);
  return new Map(
    readGolden(NEWEST)
      .filter(isSum)
      .map((stored) => [translate(stored.key), fieldsOf(stored)]),
  );
}

async function sumsNow(store: StoreClient, { key, type }: StoredKey): Promise<Readonly<Record<string, string>>> {
  return type === 'hash' ? await store.hgetall(key) : { '': (await store.get(key)) ?? '' };
}

const recordLists = (version: V1Version) =>
  readGolden(version).flatMap((stored) =>
    stored.type === 'list' && stored.key.startsWith('usage:records:') ? [stored] : [],
  );

/** What a record says of money and tokens. */
const BOOKED = [
  'model',
  'accountType',
  'inputTokens',
  'outputTokens',
  'cacheCreateTokens',
  'cacheReadTokens',
  'totalTokens',
  'cost',
];
const bookedOf = (text: string): unknown => {
  const record = JSON.parse(text) as Record<string, unknown>;
  return Object.fromEntries(BOOKED.map((field) => [field, record[field]]));
};

function replaySuite(version: V1Version, startStore: () => Promise<V1Database>): void {
  const made = readMade(version);
  let simulator: Simulator;
  let store: V1Database;
  let app: TestApp;
  let answers: { request: Recorded; answer: ApiAnswer }[];

  beforeAll(async () => {
    stopTheDateAt(V1_HOUR);
    simulator = await startSimulator();
    for (const { secret } of made.accounts)
      simulator.setDefault(secret, { usage: secret.startsWith('sk-codex') ? USAGE.codex : USAGE.claude });
    store = await startStore();
    await fillAsV1(store, version, simulator.url);
    const { encryptionKey, zoneOffsetHours } = V1_SETTINGS;
    app = await TestApp.start({ store: store.config, encryptionKey, zoneOffsetHours });
    answers = await replay(made, app);
    await app.flushed();
  }, 60_000);

  afterAll(async () => {
    await app.close();
    await store.stop();
    await simulator.close();
    jest.useRealTimers();
  });

  it('answers as v1 did, the documented differences apart', () => {
    expect(answers).toHaveLength(made.requests.length);
    expect(
      answers.map(({ request, answer }) => [request.key, request.path, request.body['model'], answer.status]),
    ).toEqual(
      made.requests.map((request) => [request.key, request.path, request.body['model'], expectedStatus(request)]),
    );
  });

  it('asks the accounts that v1 asked', () => {
    const asked = made.accounts.map(({ secret }) => [secret, simulator.requests(secret).length]);
    const served = (path: string) => made.requests.filter((each) => each.path === path && each.status === 200).length;
    const [primary, codex] = [
      made.accounts[0]?.secret,
      made.accounts.find((each) => each.secret.startsWith('sk-codex'))?.secret,
    ];
    expect(asked).toEqual(
      made.accounts.map(({ secret }) => [
        secret,
        secret === primary ? served('/api/v1/messages') : secret === codex ? served('/openai/responses') : 0,
      ]),
    );
  });

  it('books the same once more, on top of every sum of v1', async () => {
    const client = app.app.get<StoreClient>(STORE_CLIENT);
    const added = newestBooking(version);
    const expected: Record<string, unknown> = {};
    const found: Record<string, number> = {};
    for (const stored of readGolden(version).filter(isSum)) {
      const now = await sumsNow(client, stored);
      for (const [field, before] of Object.entries(fieldsOf(stored))) {
        const sum = Number(before) + Number(added.get(stored.key)?.[field]);
        expected[`${stored.key} ${field}`] = expect.closeTo(sum, 9);
        found[`${stored.key} ${field}`] = Number(now[field]);
      }
    }
    expect(Object.keys(expected).length).toBeGreaterThan(300);
    expect(found).toEqual(expected);
  });

  it('leaves records that say what those of v1 say', async () => {
    const client = app.app.get<StoreClient>(STORE_CLIENT);
    const ids = namesakes(version, NEWEST);
    const model = new Map(recordLists(NEWEST).map(({ key, value }) => [key, value]));
    const lists = recordLists(version);
    expect(lists).toHaveLength(model.size);
    for (const { key, value } of lists) {
      const now = await client.lrange(key, 0, -1);
      const sameKey = ids.reduce((text, [id, other]) => text.replace(id, other), key);
      expect(now.slice(value.length)).toEqual(value);
      expect(now.slice(0, value.length).map(bookedOf)).toEqual(model.get(sameKey)?.map(bookedOf));
    }
  });
}

describe.each(V1_VERSIONS)('the requests of a client of v%s, sent again', (version) => {
  describe('embedded store', () => {
    replaySuite(version, embeddedDatabase);
  });
  describe('Redis', () => {
    const program = findRedisServer();
    if (program === null) {
      it.todo('are answered (there is no redis-server on this machine)');
      return;
    }
    replaySuite(version, () => redisDatabase(program));
  });
});
