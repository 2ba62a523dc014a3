import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { NO_TOKENS } from '@crs/extension-api';
import { keys } from '@crs/store';
import { describeOnEachStore } from '../../../test/support/each-store.js';
import { ADA, BEN, DAY, EAST, MONTH, RecomputeRig, SONNET, WEST } from '../../../test/support/recompute-rig.js';
import { testKeySummary } from '../../../test/support/test-key-summary.js';

const GPT = { service: 'codex' as const, model: 'gpt-5', usage: { ...NO_TOKENS, inputTokens: 801, outputTokens: 53 } };
const UNKNOWN = { model: 'my-model', usage: { ...NO_TOKENS, inputTokens: 1000, outputTokens: 100 } };
const PRICES = { betaHeader: 'fast-mode-2026-02-01', speed: 'fast', model: 'claude-opus-4-6' };
const k = keys.usage;
const same = (costUsd: number, realCostUsd: number) => ({ costUsd, realCostUsd });

describeOnEachStore('RecomputeService', (storeOfCase) => {
  let rig: RecomputeRig;

  beforeEach(() => {
    jest.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);
    rig = new RecomputeRig(storeOfCase());
  });

  afterEach(() => {
    jest.restoreAllMocks();
  });

  /** Two keys, two accounts, three models, tiers, rates. */
  const useAll = async (): Promise<void> => {
    await rig.use();
    await rig.use({ accountId: WEST });
    await rig.use(GPT);
    await rig.use({ ...GPT, serviceTier: 'priority' });
    await rig.use({ ...PRICES, keyId: BEN }, 2);
    await rig.use({ keyId: BEN, accountId: WEST }, 0.3);
    await rig.use(UNKNOWN);
  };

  it('shows what would change and changes nothing', async () => {
    await useAll();
    const before = await rig.dump();
    rig.overrides.set(SONNET, 30, 150);
    const report = await rig.dryRun();
    expect(await rig.dump()).toEqual(before);
    expect(report).toMatchObject({ from: DAY, to: DAY, dryRun: true, completeSince: DAY, changedRows: 2 });
    const [sonnet] = report.models.filter(({ model }) => model === SONNET);
    // Three requests of 0.02135055 USD, at rates of 1, 1 and 0.3.
    expect(sonnet).toEqual({
      model: SONNET,
      unknownPrice: false,
      before: same(0.049107, 0.064053),
      after: same(0.49106, 0.640517),
    });
    expect(report.days).toEqual([{ day: DAY, before: report.total.before, after: report.total.after }]);
    expect(report.total.after.realCostUsd - report.total.before.realCostUsd).toBeCloseTo(0.640517 - 0.064053, 9);
  });

  it('finds nothing to change where the prices are those of the booking, whatever was rounded', async () => {
    for (let i = 0; i < 20; i += 1)
      await rig.use({ usage: { ...NO_TOKENS, inputTokens: i, cacheReadTokens: 7 * i + 1 } });
    await useAll();
    const before = await rig.dump();
    const report = await rig.apply();
    expect(report).toMatchObject({ dryRun: false, changedRows: 0 });
    expect(report.total.after).toEqual(report.total.before);
    expect(await rig.dump()).toEqual(before);
  });

  it('corrects every sum of the day, and a second run changes nothing', async () => {
    await useAll();
    rig.overrides.set(SONNET, 30, 150);
    const report = await rig.apply();
    const after = await rig.dump();
    expect(report.changedRows).toBe(2);
    await expect(rig.dryRun()).resolves.toMatchObject({ changedRows: 0, total: { before: report.total.after } });
    await expect(rig.apply()).resolves.toMatchObject({ changedRows: 0 });
    expect(await rig.dump()).toEqual(after);
    // Two requests of the first key: 0.213506 USD each instead of 0.021351.
    await expect(rig.costs(k.rollUp.keyModels('day', DAY, ADA), SONNET)).resolves.toEqual([427_011, 427_011, 0]);
    await expect(rig.costs(k.rollUp.keyModels('month', MONTH, ADA), SONNET)).resolves.toEqual([427_011, 427_011, 0]);
    const total = [report.total.after.realCostUsd, report.total.after.costUsd].map((usd) => Math.round(usd * 1e6));
    for (const grain of ['day', 'month'] as const) {
      for (const [name, sums] of Object.entries(await rig.sums(grain)))
        expect([name, ...sums]).toEqual([name, ...total, 1]);
    }
  });

  it("corrects v1's counters of the key", async () => {
    await rig.use();
    await rig.use(GPT, 2);
    const read = async () => ({
      sums: (
        await rig.store.mget(
          ...[k.costDaily(ADA, DAY), k.costMonthly(ADA, MONTH), k.costTotal(ADA)],
          ...[k.costRealDaily(ADA, DAY), k.costRealTotal(ADA)],
          ...[k.opusWeekly(ADA, '2026-11-23T00'), k.opusTotal(ADA)],
          ...[k.opusRealWeekly(ADA, '2026-11-23T00'), k.opusRealTotal(ADA)],
        )
      ).map(Number),
      hourly: await rig.store.get(k.costHourly(ADA, `${DAY}:12`)),
      models: await Promise.all(
        [k.keyModelDaily(ADA, SONNET, DAY), k.keyModelMonthly(ADA, SONNET, MONTH), k.keyModelTotal(ADA, SONNET)].map(
          (hash) => rig.store.hmget(hash, 'realCostMicro', 'ratedCostMicro', 'inputTokens'),
        ),
      ),
    });
    const before = await read();
    rig.overrides.set(SONNET, 30, 150);
    await rig.apply();
    const after = await read();
    const change = 0.213506 - 0.021351;
    after.sums.forEach((usd, i) => {
      expect(usd).toBeCloseTo((before.sums[i] ?? NaN) + change, 9);
    });
    expect(after.hourly).toBe(before.hourly);
    expect(after.models).toEqual(Array(3).fill(['213506', '213506', '1203']));
  });

  it('restores every figure to the micro-USD when a price is put back, also one that was 0 or unknown', async () => {
    await useAll();
    const before = await rig.dump();
    for (const price of [0.017, 0, 400]) {
      for (const model of [SONNET, 'gpt-5', 'claude-opus-4-6', 'my-model']) rig.overrides.set(model, price, 3 * price);
      await expect(rig.apply()).resolves.toMatchObject({ changedRows: 6 });
    }
    for (const model of [SONNET, 'gpt-5', 'claude-opus-4-6', 'my-model']) rig.overrides.unset(model);
    await rig.apply();
    expect(await rig.dump()).toEqual(before);
  });

  it('keeps what is booked meanwhile', async () => {
    await rig.use();
    rig.overrides.set(SONNET, 30, 150);
    const writeKey = rig.repository.writeKey.bind(rig.repository);
    jest.spyOn(rig.repository, 'writeKey').mockImplementation(async (...args) => {
      await rig.use({ accountId: WEST });
      return writeKey(...args);
    });
    await rig.apply();
    // The old request was corrected; the new one was booked at the new price already.
    await expect(rig.costs(k.rollUp.keyModels('day', DAY, ADA), SONNET)).resolves.toEqual([427_012, 427_012, 0]);
    await expect(rig.store.get(k.costTotal(ADA)).then(Number)).resolves.toBeCloseTo(0.427_011, 5);
    for (const grain of ['day', 'month'] as const) {
      for (const sums of Object.values(await rig.sums(grain))) expect(sums).toEqual([427_012, 427_012, 0]);
    }
    jest.restoreAllMocks();
    jest.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);
    await rig.use();
    await expect(rig.dryRun()).resolves.toMatchObject({ total: { after: { realCostUsd: 0.640517 } } });
  });

  it('brings no counter back that has expired', async () => {
    await rig.use();
    const gone = [
      ...[k.costDaily(ADA, DAY), k.costTotal(ADA), k.opusTotal(ADA), k.keyModelDaily(ADA, SONNET, DAY)],
      ...[k.rollUp.keyModels('month', MONTH, ADA), k.rollUp.totals('month', MONTH, 'key')],
    ];
    await rig.store.del(...gone);
    await rig.store.hdel(k.keyModelTotal(ADA, SONNET), 'realCostMicro');
    rig.overrides.set(SONNET, 30, 150);
    await rig.apply();
    await expect(rig.store.exists(...gone)).resolves.toBe(0);
    await expect(rig.store.hget(k.keyModelTotal(ADA, SONNET), 'realCostMicro')).resolves.toBeNull();
    await expect(rig.store.hget(k.keyModelTotal(ADA, SONNET), 'ratedCostMicro')).resolves.toBe('213506');
  });

  it('says which models have no price, and prices them when they have one', async () => {
    await rig.use(UNKNOWN);
    await expect(rig.dryRun()).resolves.toMatchObject({ models: [{ model: 'my-model', unknownPrice: true }] });
    await expect(rig.costs(k.rollUp.totals('day', DAY, 'model'), 'my-model')).resolves.toEqual([4500, 4500, 1]);
    rig.overrides.set('my-model', 1, 2);
    await expect(rig.apply()).resolves.toMatchObject({ models: [{ model: 'my-model', unknownPrice: false }] });
    await expect(rig.costs(k.rollUp.totals('day', DAY, 'model'), 'my-model')).resolves.toEqual([1200, 1200, 0]);
  });

  it('counts what was free at the rates of today', async () => {
    rig.overrides.set('gpt-5', 0, 0);
    await rig.use(GPT, 7);
    rig.know(testKeySummary({ id: ADA, serviceRates: { codex: 3 } }));
    rig.overrides.unset('gpt-5');
    const report = await rig.apply();
    expect(report.total).toMatchObject({ before: same(0, 0), after: same(0.004594, 0.001531) });
  });

  it('prices only the key and the model that are asked for', async () => {
    await useAll();
    for (const model of [SONNET, 'gpt-5']) rig.overrides.set(model, 100, 100);
    const before = await rig.costs(k.rollUp.keyModels('day', DAY, BEN), SONNET);
    const report = await rig.apply({ keyId: ADA.toUpperCase(), model: ` ${SONNET}:latest ` });
    expect(report).toMatchObject({ changedRows: 1, models: [{ model: SONNET }] });
    await expect(rig.costs(k.rollUp.keyModels('day', DAY, BEN), SONNET)).resolves.toEqual(before);
    const sums = Object.values(await rig.sums('day'));
    for (const sum of sums) expect(sum).toEqual(sums[0]);
    await expect(rig.dryRun()).resolves.toMatchObject({ changedRows: 3 });
  });

  it('prices each day of the span, and no other', async () => {
    const days = ['2026-11-20', '2026-11-21', '2026-11-22', '2026-11-23'];
    for (const day of days) await rig.use({ at: new Date(`${day}T04:00:00Z`) });
    rig.overrides.set(SONNET, 30, 150);
    const report = await rig.apply({ from: '2026-11-21', to: '2026-11-22' });
    expect(report.days.map(({ day }) => day)).toEqual(['2026-11-21', '2026-11-22']);
    const left = await rig.dryRun({ from: '2026-11-01', to: '2026-11-30' });
    expect(left.changedRows).toBe(2);
    await expect(rig.costs(k.rollUp.keyModels('month', MONTH, ADA), SONNET)).resolves.toEqual([469_714, 469_714, 0]);
  });

  it('leaves the week alone on a day in which it begins, and where the key is gone for good', async () => {
    rig.know(testKeySummary({ id: ADA, weeklyResetDay: 1, weeklyResetHour: 9 }));
    const stranger = { keyId: EAST as unknown as typeof ADA };
    const weeks = [k.opusWeekly(ADA, '2026-11-23T09'), k.opusWeekly(stranger.keyId, '2026-11-23T00')];
    await rig.use({ weeklyResetHour: 9 });
    await rig.use(stranger);
    const before = await rig.store.mget(...weeks);
    rig.overrides.set(SONNET, 30, 150);
    await expect(rig.apply()).resolves.toMatchObject({ changedRows: 2 });
    await expect(rig.store.mget(...weeks)).resolves.toEqual(before);
    await expect(rig.store.get(k.opusTotal(ADA)).then(Number)).resolves.toBeCloseTo(0.2135, 4);
  });

  it('runs once at a time, and can run again afterwards, also after a fault', async () => {
    await rig.use();
    await rig.store.set(k.rollUp.correcting, 'another process', 'PX', 60_000);
    await expect(rig.dryRun()).rejects.toMatchObject({ status: 409 });
    await expect(rig.store.get(k.rollUp.correcting)).resolves.toBe('another process');
    await rig.store.del(k.rollUp.correcting);
    jest.spyOn(rig.repository, 'readKeys').mockRejectedValueOnce(new Error('down'));
    await expect(rig.dryRun()).rejects.toThrow('down');
    await expect(rig.dryRun()).resolves.toMatchObject({ changedRows: 0 });
  });

  it('ends as it should when its end cannot be told', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const hold = rig.repository.hold.bind(rig.repository);
    jest.spyOn(rig.repository, 'hold').mockImplementation((who, ms) => {
      return ms === 0 ? Promise.reject(new Error('down')) : hold(who, ms);
    });
    await expect(rig.dryRun()).resolves.toMatchObject({ days: [], total: { after: same(0, 0) } });
    expect(warn).toHaveBeenCalledTimes(1);
  });

  it('looks again when somebody else corrected the same day, and gives up in the end', async () => {
    await rig.use();
    rig.overrides.set(SONNET, 30, 150);
    const other = new RecomputeRig(rig.store);
    other.overrides.set(SONNET, 60, 300);
    const writeKey = rig.repository.writeKey.bind(rig.repository);
    const write = jest.spyOn(rig.repository, 'writeKey').mockImplementationOnce(async (...args) => {
      await rig.store.del(k.rollUp.correcting);
      await other.apply();
      return writeKey(...args);
    });
    await expect(rig.apply()).resolves.toMatchObject({ total: { after: { realCostUsd: 0.213506 } } });
    expect(write).toHaveBeenCalledTimes(2);
    await expect(rig.costs(k.rollUp.totals('day', DAY, 'account'), EAST)).resolves.toEqual([213_506, 213_506, 0]);
    rig.overrides.set(SONNET, 1, 1);
    write.mockResolvedValue(false);
    await expect(rig.apply()).rejects.toMatchObject({ status: 409 });
    write.mockRestore();
    jest.spyOn(rig.repository, 'writeAccount').mockResolvedValue(false);
    await expect(rig.apply()).rejects.toMatchObject({ status: 409 });
  });

  it('takes a damaged correction for none', async () => {
    await rig.use();
    await rig.store.set(k.rollUp.keyCorrections(DAY, ADA), 'damaged');
    await expect(rig.dryRun()).resolves.toMatchObject({ changedRows: 0, total: { after: { realCostUsd: 0.021351 } } });
  });
});
