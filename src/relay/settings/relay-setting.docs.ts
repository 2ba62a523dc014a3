import type { RelaySettingFields } from '../../core/settings/relay-settings.codec.js';

interface SettingDocs {
  readonly description: string;
  readonly example: boolean | number;
}

/** What each setting does, for those who read and those who change it. */
export const RELAY_SETTING_DOCS: Readonly<Record<keyof RelaySettingFields, SettingDocs>> = {
  claudeCodeOnlyEnabled: {
    description: 'Whether only Claude Code may use the Anthropic paths, whatever a key allows.',
    example: false,
  },
  concurrentRequestQueueEnabled: {
    description:
      'Whether a request waits where its key has `concurrencyLimit` requests running, instead of being refused.',
    example: true,
  },
  concurrentRequestQueueMaxSize: { description: 'How many requests of a key may wait at once.', example: 3 },
  concurrentRequestQueueMaxSizeMultiplier: {
    description:
      'Lets as many requests of a key wait as this times its `concurrencyLimit`, where that is more than `concurrentRequestQueueMaxSize`; 0 = never.',
    example: 0,
  },
  concurrentRequestQueueTimeoutMs: {
    description: 'How long a request waits before it is refused, in ms.',
    example: 10_000,
  },
  concurrentRequestQueueMaxRedisFailCount: {
    description: 'How often in a row the store may fail before a wait is given up.',
    example: 5,
  },
  concurrentRequestQueueHealthCheckEnabled: {
    description: 'Whether a request is refused at once while recent waits of its key came close to the timeout.',
    example: true,
  },
  concurrentRequestQueueHealthThreshold: {
    description: 'How close is too close: a share of the timeout, above 0 and at most 1.',
    example: 0.8,
  },
};
