import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsNumber, IsOptional, Max, Min } from 'class-validator';
import { CountField, FlagField } from '../../api-key/dto/setting-field.js';
import { RefusedFields } from '../../core/http/refused-fields.js';
import { RELAY_SETTING_RANGES as RANGES } from '../../core/settings/relay-settings.codec.js';
import { DEFAULT_RELAY_SETTINGS } from '../../core/settings/relay-settings.js';
import { RELAY_SETTING_DOCS as DOCS } from './relay-setting.docs.js';

const READ_ONLY = 'is read-only';
const NOT_SERVED = 'cannot be set: this gateway has no such function; what v1 stored is kept';

const REASONS = {
  updatedAt: READ_ONLY,
  updatedBy: READ_ONLY,
  globalSessionBindingEnabled: NOT_SERVED,
  sessionBindingErrorMessage: NOT_SERVED,
  sessionBindingTtlDays: NOT_SERVED,
  userMessageQueueEnabled: NOT_SERVED,
  userMessageQueueDelayMs: NOT_SERVED,
  userMessageQueueTimeoutMs: NOT_SERVED,
  userMessageQueueLockTtlMs: NOT_SERVED,
  requestDetailCaptureEnabled: NOT_SERVED,
  requestDetailRetentionHours: NOT_SERVED,
  requestDetailBodyPreviewEnabled: NOT_SERVED,
};

const { claudeCodeOnly, queue } = DEFAULT_RELAY_SETTINGS;

const CountSetting = (name: keyof typeof RANGES & keyof typeof DOCS, fallback: number): PropertyDecorator =>
  CountField(DOCS[name], { ...RANGES[name], fallback });

/** A change: only the fields given, null = back to the default. */
@RefusedFields(REASONS)
export class UpdateRelaySettingsDto {
  @FlagField(DOCS.claudeCodeOnlyEnabled, claudeCodeOnly)
  claudeCodeOnlyEnabled?: boolean | null;

  @FlagField(DOCS.concurrentRequestQueueEnabled, queue.enabled)
  concurrentRequestQueueEnabled?: boolean | null;

  @CountSetting('concurrentRequestQueueMaxSize', queue.maxSize)
  concurrentRequestQueueMaxSize?: number | null;

  @FractionSetting('concurrentRequestQueueMaxSizeMultiplier', queue.maxSizeMultiplier, 'from 0 to 100')
  concurrentRequestQueueMaxSizeMultiplier?: number | null;

  @CountSetting('concurrentRequestQueueTimeoutMs', queue.timeoutMs)
  concurrentRequestQueueTimeoutMs?: number | null;

  @CountSetting('concurrentRequestQueueMaxRedisFailCount', queue.maxStoreFailures)
  concurrentRequestQueueMaxRedisFailCount?: number | null;

  @FlagField(DOCS.concurrentRequestQueueHealthCheckEnabled, queue.healthCheckEnabled)
  concurrentRequestQueueHealthCheckEnabled?: boolean | null;

  @FractionSetting('concurrentRequestQueueHealthThreshold', queue.healthThreshold, 'above 0 and at most 1')
  concurrentRequestQueueHealthThreshold?: number | null;
}

/** A number that need not be whole. */
function FractionSetting(name: keyof typeof RANGES, fallback: number, range: string): PropertyDecorator {
  const message = `$property must be a number ${range}`;
  const { min, max } = RANGES[name];
  const bounds = { minimum: Math.floor(min), exclusiveMinimum: min > 0, maximum: max };
  return applyDecorators(
    ApiPropertyOptional({ ...DOCS[name], ...bounds, type: Number, nullable: true, default: fallback }),
    IsOptional(),
    IsNumber({ allowNaN: false, allowInfinity: false }, { message }),
    Min(min, { message }),
    Max(max, { message }),
  );
}
