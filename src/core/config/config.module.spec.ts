import { Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { describe, expect, it } from '@jest/globals';
import { testConfig } from '../../../test/support/test-config.js';
import { CryptoModule } from '../crypto/crypto.module.js';
import { KeyHash } from '../crypto/key-hash.js';
import { SecretBox } from '../crypto/secret-box.js';
import { Clock } from '../time/clock.js';
import { Zone } from '../time/zone.js';
import { AppConfig } from './app-config.js';
import { ConfigModule } from './config.module.js';

@Injectable()
class Consumer {
  constructor(
    readonly config: AppConfig,
    readonly clock: Clock,
    readonly zone: Zone,
    readonly box: SecretBox,
    readonly hash: KeyHash,
  ) {}
}

@Module({ providers: [Consumer], exports: [Consumer] })
class FeatureModule {}

describe('ConfigModule', () => {
  it('gives a module that imports nothing the configuration, the time, the zone and the formats of secrets', async () => {
    const config = testConfig({ zoneOffsetHours: -5 });
    const app = await Test.createTestingModule({
      imports: [ConfigModule.forRoot(config), CryptoModule, FeatureModule],
    }).compile();
    const sut = app.get(Consumer);
    expect(sut.config).toBe(config);
    expect(Math.abs(sut.clock.now() - Date.now())).toBeLessThan(60_000);
    expect(sut.zone.day(Date.parse('2026-01-01T00:00:00Z'))).toBe('2025-12-31');
    expect(sut.box.open(sut.box.seal('text', 'salt'), 'salt', 'empty')).toBe('text');
    expect(sut.hash.of('a')).toHaveLength(64);
    await app.close();
  });
});
