import { ApiProperty } from '@nestjs/swagger';
import type { StoredRelaySettings } from '../../core/settings/relay-settings.codec.js';
import { RELAY_SETTING_DOCS } from './relay-setting.docs.js';

/** The settings of all keys in force, under v1's names. */
export class RelaySettingsDto implements StoredRelaySettings {
  @ApiProperty(RELAY_SETTING_DOCS.claudeCodeOnlyEnabled)
  claudeCodeOnlyEnabled!: boolean;

  @ApiProperty(RELAY_SETTING_DOCS.concurrentRequestQueueEnabled)
  concurrentRequestQueueEnabled!: boolean;

  @ApiProperty(RELAY_SETTING_DOCS.concurrentRequestQueueMaxSize)
  concurrentRequestQueueMaxSize!: number;

  @ApiProperty(RELAY_SETTING_DOCS.concurrentRequestQueueMaxSizeMultiplier)
  concurrentRequestQueueMaxSizeMultiplier!: number;

  @ApiProperty(RELAY_SETTING_DOCS.concurrentRequestQueueTimeoutMs)
  concurrentRequestQueueTimeoutMs!: number;

  @ApiProperty(RELAY_SETTING_DOCS.concurrentRequestQueueMaxRedisFailCount)
  concurrentRequestQueueMaxRedisFailCount!: number;

  @ApiProperty(RELAY_SETTING_DOCS.concurrentRequestQueueHealthCheckEnabled)
  concurrentRequestQueueHealthCheckEnabled!: boolean;

  @ApiProperty(RELAY_SETTING_DOCS.concurrentRequestQueueHealthThreshold)
  concurrentRequestQueueHealthThreshold!: number;

  @ApiProperty({
    description: 'When they were last changed; null = never.',
    type: String,
    format: 'date-time',
    nullable: true,
    example: '2026-11-23T04:05:00.344Z',
  })
  updatedAt!: string | null;

  @ApiProperty({ description: 'Who changed them last.', type: String, nullable: true, example: 'admin' })
  updatedBy!: string | null;
}
