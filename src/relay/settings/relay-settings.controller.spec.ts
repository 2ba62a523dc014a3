import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { keys } from '@crs/store';
import { type HttpApp, startHttpApp } from '../../../test/support/http-app.js';
import { TestClock } from '../../../test/support/test-clock.js';
import { RelaySettingsRepository } from '../../core/settings/relay-settings.repository.js';
import { SettingsModule } from '../../core/settings/settings.module.js';
import { RelaySettingsController } from './relay-settings.controller.js';
import { RelaySettingsService } from './relay-settings.service.js';

/** Stands in for the admin login, which has specs of its own. */
class AdaIsAdmin implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    Object.assign(context.switchToHttp().getRequest<object>(), { user: { username: 'ada' } });
    return true;
  }
}

const DEFAULTS = {
  claudeCodeOnlyEnabled: false,
  concurrentRequestQueueEnabled: false,
  concurrentRequestQueueMaxSize: 3,
  concurrentRequestQueueMaxSizeMultiplier: 0,
  concurrentRequestQueueTimeoutMs: 10_000,
  concurrentRequestQueueMaxRedisFailCount: 5,
  concurrentRequestQueueHealthCheckEnabled: true,
  concurrentRequestQueueHealthThreshold: 0.8,
};

describe('/api/v2/settings/relay', () => {
  let http: HttpApp;

  beforeEach(async () => {
    http = await startHttpApp({
      imports: [SettingsModule],
      controllers: [RelaySettingsController],
      providers: [RelaySettingsService, { provide: APP_GUARD, useClass: AdaIsAdmin }],
      clock: new TestClock(Date.parse('2026-11-23T04:00:00Z')),
    });
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await http.close();
  });

  const send = async (method: string, body?: unknown): Promise<{ status: number; body: Record<string, unknown> }> => {
    const response = await fetch(`${http.url}/api/v2/settings/relay`, {
      method,
      ...(body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };

  it('shows the defaults where nothing was ever set', async () => {
    expect(await send('GET')).toEqual({ status: 200, body: { ...DEFAULTS, updatedAt: null, updatedBy: null } });
  });

  it('changes only what is given, keeps what v1 stored beside it, and says who did it', async () => {
    await http.store.set(keys.settings.relay, '{"sessionBindingTtlDays":3,"concurrentRequestQueueMaxSize":9}');
    const expected = {
      ...DEFAULTS,
      claudeCodeOnlyEnabled: true,
      concurrentRequestQueueMaxSize: 9,
      updatedAt: '2026-11-23T04:00:00.000Z',
      updatedBy: 'ada',
    };
    expect(await send('PUT', { claudeCodeOnlyEnabled: true })).toEqual({ status: 200, body: expected });
    expect((await send('GET')).body).toEqual(expected);
    expect(JSON.parse((await http.store.get(keys.settings.relay)) ?? '')).toHaveProperty('sessionBindingTtlDays', 3);
    expect((await http.app.get(RelaySettingsRepository).current()).claudeCodeOnly).toBe(true);
  });

  it.each(Object.entries(DEFAULTS))('takes %s and puts it back to its default with null', async (field, fallback) => {
    const value = typeof fallback === 'boolean' ? !fallback : field.endsWith('Ms') ? 300_000 : 1;
    expect((await send('PUT', { [field]: value })).body[field]).toBe(value);
    expect((await send('PUT', { [field]: null })).body[field]).toBe(fallback);
  });

  it.each([
    ['claudeCodeOnlyEnabled', 'yes', 'claudeCodeOnlyEnabled must be true or false'],
    ['concurrentRequestQueueMaxSize', 0, 'concurrentRequestQueueMaxSize must be 1 or more'],
    ['concurrentRequestQueueMaxSize', 1001, 'concurrentRequestQueueMaxSize must be 1000 or less'],
    [
      'concurrentRequestQueueMaxSizeMultiplier',
      100.5,
      'concurrentRequestQueueMaxSizeMultiplier must be a number from 0 to 100',
    ],
    ['concurrentRequestQueueTimeoutMs', 999, 'concurrentRequestQueueTimeoutMs must be 1000 or more'],
    ['concurrentRequestQueueMaxRedisFailCount', '5', 'concurrentRequestQueueMaxRedisFailCount must be a whole number'],
    [
      'concurrentRequestQueueHealthThreshold',
      0,
      'concurrentRequestQueueHealthThreshold must be a number above 0 and at most 1',
    ],
    ['updatedBy', 'ada', 'updatedBy is read-only'],
    [
      'userMessageQueueEnabled',
      true,
      'userMessageQueueEnabled cannot be set: this gateway has no such function; what v1 stored is kept',
    ],
    ['queueSize', 5, 'queueSize is not a known field'],
  ])('refuses %s = %j and says why', async (field, value, message) => {
    const { status, body } = await send('PUT', { [field]: value });
    expect(status).toBe(400);
    expect(body['errors']).toEqual([{ field, message }]);
    expect((await send('GET')).body).toMatchObject(DEFAULTS);
  });

  it('tries again when others change the settings, and gives up in the end', async () => {
    const runScript = http.store.runScript.bind(http.store);
    const spy = jest.spyOn(http.store, 'runScript').mockResolvedValueOnce(false).mockImplementation(runScript);
    expect((await send('PUT', { concurrentRequestQueueMaxSize: 8 })).status).toBe(200);
    spy.mockResolvedValue(false);
    expect(await send('PUT', { concurrentRequestQueueMaxSize: 9 })).toMatchObject({
      status: 409,
      body: { detail: 'The settings are being changed by others at the same time. Try again.' },
    });
    expect((await send('GET')).body).toMatchObject({ concurrentRequestQueueMaxSize: 8 });
  });
});
