import { beforeEach, describe, expect, it } from '@jest/globals';
import { StoreUnavailableError } from '@crs/store';
import { TestClock } from '../../../test/support/test-clock.js';
import { LastKnown } from './last-known.js';
import { OUTAGE_GRACE_MS, StoreOutage } from './store-outage.js';

const away = new StoreUnavailableError('test');
const fail = () => Promise.reject<string>(away);

describe('LastKnown', () => {
  let clock: TestClock;
  let sut: LastKnown<string>;

  beforeEach(() => {
    clock = new TestClock(1_000_000);
    sut = new LastKnown<string>(clock, 2);
  });

  const tell = (name: string, value: string | null) => sut.ask(name, () => Promise.resolve(value));

  it('answers what the store says, and what it said last while it is away', async () => {
    expect(await tell('a', 'one')).toBe('one');
    expect(await tell('a', 'two')).toBe('two');
    expect(await sut.ask('a', fail)).toBe('two');
    expect(await tell('a', 'three')).toBe('three');
  });

  it('serves it for a minute from the first failure on, and anew after an answer', async () => {
    await tell('a', 'one');
    await sut.ask('a', fail);
    clock.ms += OUTAGE_GRACE_MS - 1;
    expect(await sut.ask('a', fail)).toBe('one');
    clock.ms += 1;
    await expect(sut.ask('a', fail)).rejects.toBe(away);
    await tell('b', 'other');
    expect(await sut.ask('a', fail)).toBe('one');
  });

  it('passes on that the store is away where it knows nothing', async () => {
    await expect(sut.ask('a', fail)).rejects.toBe(away);
  });

  it('knows no more of what is gone', async () => {
    await tell('a', 'one');
    expect(await tell('a', null)).toBeNull();
    await expect(sut.ask('a', fail)).rejects.toBe(away);
  });

  it('knows what this process has written', async () => {
    sut.note('a', 'written');
    expect(await sut.ask('a', fail)).toBe('written');
    sut.note('a', null);
    await expect(sut.ask('a', fail)).rejects.toBe(away);
  });

  it('hides no other error', async () => {
    await tell('a', 'one');
    await expect(sut.ask('a', () => Promise.reject(new Error('WRONGTYPE')))).rejects.toThrow('WRONGTYPE');
  });

  it('remembers no more than it may', async () => {
    for (const name of ['a', 'b', 'c']) await tell(name, name);
    await expect(sut.ask('a', fail)).rejects.toBe(away);
    expect(await sut.ask('b', fail)).toBe('b');
  });
});

describe('StoreOutage', () => {
  it('is on from the first failure to the next answer', () => {
    const sut = new StoreOutage(new TestClock(0));
    expect(sut.isOn).toBe(false);
    sut.endure(away);
    expect(sut.isOn).toBe(true);
    sut.end();
    expect(sut.isOn).toBe(false);
  });
});
