import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  decodeRelaySettings,
  encodeRelaySettings,
  isReadable,
  RELAY_SETTING_RANGES,
  type RelaySettingFields,
  toRelaySettings,
} from './relay-settings.codec.js';
import { DEFAULT_RELAY_SETTINGS } from './relay-settings.js';

const EVENT = { at: new Date('2026-11-23T04:05:00.344Z'), by: 'ada' };

/** As v1.1.314 writes it. */
const V1 = {
  claudeCodeOnlyEnabled: true,
  globalSessionBindingEnabled: false,
  sessionBindingErrorMessage: 'your session has moved',
  sessionBindingTtlDays: 1,
  userMessageQueueEnabled: false,
  concurrentRequestQueueEnabled: true,
  concurrentRequestQueueMaxSize: 7,
  concurrentRequestQueueMaxSizeMultiplier: 1.5,
  concurrentRequestQueueTimeoutMs: 20_000,
  concurrentRequestQueueMaxRedisFailCount: 2,
  concurrentRequestQueueHealthCheckEnabled: false,
  concurrentRequestQueueHealthThreshold: 0.5,
  updatedAt: '2026-11-01T00:00:00.000Z',
  updatedBy: 'admin',
};

const { concurrentRequestQueueMaxSize: sizes, concurrentRequestQueueTimeoutMs: timeouts } = RELAY_SETTING_RANGES;
const share = fc.double({ min: 0, minExcluded: true, max: 1, noNaN: true });

const anyFields: fc.Arbitrary<RelaySettingFields> = fc.record({
  claudeCodeOnlyEnabled: fc.boolean(),
  concurrentRequestQueueEnabled: fc.boolean(),
  concurrentRequestQueueMaxSize: fc.integer(sizes),
  concurrentRequestQueueMaxSizeMultiplier: fc.double({ min: 0, max: 100, noNaN: true }).map((value) => value + 0),
  concurrentRequestQueueTimeoutMs: fc.integer(timeouts),
  concurrentRequestQueueMaxRedisFailCount: fc.integer({ min: 1, max: 100 }),
  concurrentRequestQueueHealthCheckEnabled: fc.boolean(),
  concurrentRequestQueueHealthThreshold: share,
});

describe('the stored relay settings', () => {
  it("reads v1's", () => {
    expect(toRelaySettings(decodeRelaySettings(JSON.stringify(V1)))).toEqual({
      claudeCodeOnly: true,
      queue: {
        enabled: true,
        maxSize: 7,
        maxSizeMultiplier: 1.5,
        timeoutMs: 20_000,
        maxStoreFailures: 2,
        healthCheckEnabled: false,
        healthThreshold: 0.5,
      },
    });
  });

  it.each([null, '', 'no json', 'null', '[]', '5', '"text"', '{}'])('are the defaults for: %s', (text) => {
    const decoded = decodeRelaySettings(text);
    expect(toRelaySettings(decoded)).toEqual(DEFAULT_RELAY_SETTINGS);
    expect(decoded).toMatchObject({ updatedAt: null, updatedBy: null });
    expect(isReadable(text)).toBe(text === null || text === '{}');
  });

  it.each([
    ['claudeCodeOnlyEnabled', 'true'],
    ['concurrentRequestQueueEnabled', 1],
    ['concurrentRequestQueueMaxSize', 0],
    ['concurrentRequestQueueMaxSize', 1001],
    ['concurrentRequestQueueMaxSize', 2.5],
    ['concurrentRequestQueueMaxSize', '3'],
    ['concurrentRequestQueueMaxSizeMultiplier', -1],
    ['concurrentRequestQueueMaxSizeMultiplier', 100.1],
    ['concurrentRequestQueueTimeoutMs', 999],
    ['concurrentRequestQueueTimeoutMs', 300_001],
    ['concurrentRequestQueueMaxRedisFailCount', 0],
    ['concurrentRequestQueueHealthCheckEnabled', null],
    ['concurrentRequestQueueHealthThreshold', 0],
    ['concurrentRequestQueueHealthThreshold', 1.01],
  ])('take the default for %s = %j alone', (name, value) => {
    const text = JSON.stringify({ ...V1, [name]: value });
    const { [name as keyof typeof V1]: _damaged, ...rest } = V1;
    expect(isReadable(text)).toBe(false);
    expect(decodeRelaySettings(text)).toEqual(decodeRelaySettings(JSON.stringify(rest)));
  });

  it('are read as they were written, whatever they are', () => {
    fc.assert(
      fc.property(anyFields, (fields) => {
        const text = encodeRelaySettings(null, fields, EVENT);
        expect(isReadable(text)).toBe(true);
        expect(decodeRelaySettings(text)).toEqual({
          ...fields,
          updatedAt: '2026-11-23T04:05:00.344Z',
          updatedBy: 'ada',
        });
      }),
    );
  });

  it('keep every member that is not changed, known or not', () => {
    const member = fc.string({ minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(fc.dictionary(member, fc.jsonValue()), anyFields, fc.boolean(), (others, fields, enabled) => {
        const before: unknown = JSON.parse(JSON.stringify({ ...others, ...fields }));
        const change = { concurrentRequestQueueEnabled: enabled, concurrentRequestQueueMaxSize: undefined };
        const after: unknown = JSON.parse(encodeRelaySettings(JSON.stringify(before), change, EVENT));
        const told = { concurrentRequestQueueEnabled: enabled, updatedAt: EVENT.at.toISOString(), updatedBy: 'ada' };
        expect(after).toEqual({ ...(before as object), ...told });
      }),
    );
  });

  it('lose a member that is put back to its default', () => {
    const text = encodeRelaySettings(JSON.stringify(V1), { concurrentRequestQueueMaxSize: null }, EVENT);
    expect(JSON.parse(text)).not.toHaveProperty('concurrentRequestQueueMaxSize');
    expect(decodeRelaySettings(text).concurrentRequestQueueMaxSize).toBe(3);
  });

  it('are written anew where nobody can read them', () => {
    expect(JSON.parse(encodeRelaySettings('no json', { claudeCodeOnlyEnabled: true }, EVENT))).toEqual({
      claudeCodeOnlyEnabled: true,
      updatedAt: '2026-11-23T04:05:00.344Z',
      updatedBy: 'ada',
    });
  });
});
