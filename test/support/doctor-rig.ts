import { NO_TOKENS, toAccountId, toApiKeyId, type UsageReport } from '@crs/extension-api';
import { keys, type StoreClient } from '@crs/store';
import { Zone } from '../../src/core/time/zone.js';
import { BookedKeysRepository } from '../../src/stats/booked-keys.repository.js';
import { DayChecks } from '../../src/stats/doctor/day-checks.js';
import { KeyBooksRepository } from '../../src/stats/doctor/key-books.repository.js';
import { KeyChecks } from '../../src/stats/doctor/key-checks.js';
import { SharedBooksRepository } from '../../src/stats/doctor/shared-books.repository.js';
import { type DoctorQuestion, type DoctorReport, UsageDoctor } from '../../src/stats/doctor/usage-doctor.js';
import { SettlementRepository } from '../../src/stats/ledger/settlement.repository.js';
import { TestClock } from './test-clock.js';
import { testConfig } from './test-config.js';
import { testPricedUsage, testUsageReport } from './test-usage-report.js';

const BATCH = 7;

/** Books and their doctor on one store, both at the same time. */
export interface DoctorRig {
  readonly clock: TestClock;
  readonly zone: Zone;
  readonly sut: UsageDoctor;
  /** Books requests as the gateway does; the second one of the array at twice the real cost. */
  book(reports: readonly UsageReport[]): Promise<void>;
  check(question?: DoctorQuestion): Promise<DoctorReport>;
}

export function doctorRig(store: StoreClient, now: string): DoctorRig {
  const config = testConfig();
  const zone = new Zone(config);
  const clock = new TestClock(Date.parse(now));
  const shared = new SharedBooksRepository(store);
  const keyChecks = new KeyChecks(new KeyBooksRepository(store), shared, zone, clock);
  const sut = new UsageDoctor(
    new DayChecks(keyChecks, shared),
    keyChecks,
    shared,
    new BookedKeysRepository(store),
    zone,
    clock,
  );
  const writer = new SettlementRepository(store, zone, config);
  let number = 0;
  return {
    clock,
    zone,
    sut,
    book: async (reports) => {
      for (let at = 0; at < reports.length; at += BATCH) {
        number += 1;
        const settlements = reports.slice(at, at + BATCH).map((report, i) => {
          const record = testPricedUsage(report, i === 1 ? 2 : 1);
          return { requestId: report.requestId, record, waste: [] };
        });
        await writer.settle({ instance: 'books', number, settlements });
      }
    },
    check: (question = {}) => sut.check(question, AbortSignal.timeout(20_000)),
  };
}

export const KEYS = ['30144e38-6515-4949-a4b8-0e3db27a30f2', '601af71d-d4b3-4411-be1f-c322bece6393'];
export const MODELS = ['claude-sonnet-4-5-20250929', 'claude-haiku-4-5', 'gpt-5'];
export const ACCOUNTS = ['account-x', 'account-y'];

/** Some requests of two keys, two accounts and three models at that time. */
export const requestsAt = (at: string, count = 12): readonly UsageReport[] =>
  Array.from({ length: count }, (_, i) =>
    testUsageReport({
      requestId: `req-${at}-${i}`,
      at: new Date(Date.parse(at) + i * 60_000),
      keyId: toApiKeyId(KEYS[i % 2] ?? ''),
      accountId: toAccountId(ACCOUNTS[i % 3 === 0 ? 0 : 1] ?? ''),
      model: MODELS[i % 3] ?? '',
      usage: { ...NO_TOKENS, inputTokens: 1000 + i, outputTokens: 333 * i, cacheReadTokens: 17 * i },
    }),
  );

/** When the books of `bookedRig` are looked at, and the day before, in UTC+8, of which they have both hours and roll-ups. */
export const NOW = '2026-11-23T12:00:00Z';
export const DAY = '2026-11-22';

/** Books of three days, which the roll-ups know from their beginning. */
export async function bookedRig(store: StoreClient): Promise<DoctorRig> {
  const rig = doctorRig(store, NOW);
  for (const day of ['2026-11-20', DAY, '2026-11-23']) await rig.book(requestsAt(`${day}T10:00:00Z`));
  for (const id of KEYS) {
    await store.sadd(keys.apiKey.all, id);
    await store.hset(keys.apiKey.record(id), { name: `name of ${id}` });
    await store.set(keys.usage.keyModelsSearched(id), '1');
  }
  return rig;
}
