import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { keys } from '@crs/store';
import { describeOnEachStore } from '../../../test/support/each-store.js';
import { TestClock } from '../../../test/support/test-clock.js';
import { DEFAULT_RELAY_SETTINGS } from './relay-settings.js';
import { RelaySettingsRepository } from './relay-settings.repository.js';

describeOnEachStore('RelaySettingsRepository', (store) => {
  let clock: TestClock;
  let sut: RelaySettingsRepository;
  /** Another process on the same store. */
  let other: RelaySettingsRepository;
  let warn: jest.SpiedFunction<Logger['warn']>;

  const put = (value: unknown) => store().set(keys.settings.relay, JSON.stringify(value));
  const stored = async (): Promise<unknown> => JSON.parse((await store().get(keys.settings.relay)) ?? 'null');
  const maxSizeOf = async (repository: RelaySettingsRepository) => (await repository.current()).queue.maxSize;

  beforeEach(() => {
    clock = new TestClock(Date.parse('2026-11-23T04:00:00Z'));
    sut = new RelaySettingsRepository(store(), clock);
    other = new RelaySettingsRepository(store(), clock);
    warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('has the defaults where nothing was ever set', async () => {
    await expect(sut.current()).resolves.toEqual(DEFAULT_RELAY_SETTINGS);
    await expect(sut.find()).resolves.toMatchObject({ updatedAt: null, updatedBy: null });
    expect(warn).not.toHaveBeenCalled();
  });

  it('feels a change of its own at once, and that of another process after five seconds', async () => {
    await put({ concurrentRequestQueueMaxSize: 4 });
    await expect(maxSizeOf(sut)).resolves.toBe(4);
    await expect(maxSizeOf(other)).resolves.toBe(4);
    await sut.update({ concurrentRequestQueueMaxSize: 9 }, 'ada');
    await expect(maxSizeOf(sut)).resolves.toBe(9);
    clock.ms += 4_999;
    await expect(maxSizeOf(other)).resolves.toBe(4);
    clock.ms += 1;
    await expect(maxSizeOf(other)).resolves.toBe(9);
  });

  it('asks the store once in five seconds', async () => {
    const get = jest.spyOn(store(), 'get');
    await sut.current();
    clock.ms += 4_999;
    await sut.current();
    expect(get).toHaveBeenCalledTimes(1);
  });

  it('says what it has written, and who did it', async () => {
    await put({ sessionBindingTtlDays: 3, claudeCodeOnlyEnabled: true });
    await expect(sut.update({ concurrentRequestQueueEnabled: true }, 'ada')).resolves.toMatchObject({
      claudeCodeOnlyEnabled: true,
      concurrentRequestQueueEnabled: true,
      updatedAt: '2026-11-23T04:00:00.000Z',
      updatedBy: 'ada',
    });
    await expect(stored()).resolves.toEqual({
      sessionBindingTtlDays: 3,
      claudeCodeOnlyEnabled: true,
      concurrentRequestQueueEnabled: true,
      updatedAt: '2026-11-23T04:00:00.000Z',
      updatedBy: 'ada',
    });
  });

  /** Runs `between` after the subject has read the settings and before it goes on. */
  const afterReading = (between: () => Promise<unknown>): void => {
    const get = store().get.bind(store());
    jest.spyOn(store(), 'get').mockImplementationOnce(async (key) => {
      const text = await get(key);
      await between();
      return text;
    });
  };

  it('writes nothing where somebody else has changed them meanwhile', async () => {
    afterReading(() => put({ concurrentRequestQueueMaxSize: 5 }));
    await expect(sut.update({ claudeCodeOnlyEnabled: true }, 'ada')).resolves.toBeNull();
    await expect(stored()).resolves.toEqual({ concurrentRequestQueueMaxSize: 5 });
    await expect(sut.update({ claudeCodeOnlyEnabled: true }, 'ada')).resolves.toMatchObject({
      claudeCodeOnlyEnabled: true,
      concurrentRequestQueueMaxSize: 5,
    });
  });

  it('does not go back to what a reading saw before its own change', async () => {
    afterReading(() => sut.update({ concurrentRequestQueueMaxSize: 8 }, 'ada'));
    await expect(maxSizeOf(sut)).resolves.toBe(8);
    await expect(maxSizeOf(sut)).resolves.toBe(8);
  });

  it('does not forget its own change for a reading that failed', async () => {
    jest.spyOn(store(), 'get').mockImplementationOnce(async () => {
      await sut.update({ concurrentRequestQueueMaxSize: 8 }, 'ada');
      throw new Error('down');
    });
    await expect(maxSizeOf(sut)).resolves.toBe(8);
    await other.update({ concurrentRequestQueueMaxSize: 2 }, 'bob');
    clock.ms += 4_999;
    await expect(maxSizeOf(sut)).resolves.toBe(8);
  });

  it('loses no change of many at the same time', async () => {
    const fields = ['claudeCodeOnlyEnabled', 'concurrentRequestQueueEnabled'] as const;
    const change = async (repository: RelaySettingsRepository, field: (typeof fields)[number]): Promise<void> => {
      if ((await repository.update({ [field]: true }, 'ada')) === null) await change(repository, field);
    };
    await Promise.all([change(sut, fields[0]), change(other, fields[1])]);
    await expect(sut.find()).resolves.toMatchObject({
      claudeCodeOnlyEnabled: true,
      concurrentRequestQueueEnabled: true,
    });
  });

  it('serves the last known settings while the store is down, and asks it again after a second', async () => {
    await put({ concurrentRequestQueueMaxSize: 4 });
    await sut.current();
    clock.ms += 5_000;
    const get = jest.spyOn(store(), 'get').mockRejectedValue(new Error('down'));
    await expect(maxSizeOf(sut)).resolves.toBe(4);
    await expect(other.current()).resolves.toEqual(DEFAULT_RELAY_SETTINGS);
    await expect(sut.find()).rejects.toThrow('down');
    await expect(sut.update({}, 'ada')).rejects.toThrow('down');
    get.mockRestore();
    await put({ concurrentRequestQueueMaxSize: 6 });
    clock.ms += 999;
    await expect(maxSizeOf(sut)).resolves.toBe(4);
    clock.ms += 1;
    await expect(maxSizeOf(sut)).resolves.toBe(6);
  });

  it('serves defaults where the key is no text', async () => {
    await store().hset(keys.settings.relay, { a: 'b' });
    await expect(sut.current()).resolves.toEqual(DEFAULT_RELAY_SETTINGS);
  });

  it('says once that it cannot read a text', async () => {
    await store().set(keys.settings.relay, 'no json');
    await sut.current();
    await sut.find();
    expect(warn).toHaveBeenCalledTimes(1);
    await put({});
    await sut.find();
    await store().set(keys.settings.relay, 'no json');
    await sut.find();
    expect(warn).toHaveBeenCalledTimes(2);
  });
});
