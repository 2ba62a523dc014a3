import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { ROUTE_ACCESS } from '@crs/extension-api';
import { keys } from '@crs/store';
import { type HttpApp, startHttpApp } from '../../../test/support/http-app.js';
import { TestClock } from '../../../test/support/test-clock.js';
import { ServiceRateRepository } from '../service-rate.repository.js';
import { ServiceRatesController } from './service-rates.controller.js';
import { ServiceRatesService } from './service-rates.service.js';

/** Stands in for the admin login, which has specs of its own. */
class AdaIsAdmin implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    Object.assign(context.switchToHttp().getRequest<object>(), { user: { username: 'ada' } });
    return true;
  }
}

const ALL_1 = { claude: 1, codex: 1, gemini: 1, droid: 1, bedrock: 1, azure: 1, ccr: 1 };
const NEVER_SET = { rates: ALL_1, baseService: 'claude', updatedAt: null, updatedBy: null };

describe('/api/v2/settings/service-rates', () => {
  let http: HttpApp;

  beforeEach(async () => {
    http = await startHttpApp({
      controllers: [ServiceRatesController],
      providers: [ServiceRatesService, ServiceRateRepository, { provide: APP_GUARD, useClass: AdaIsAdmin }],
      clock: new TestClock(Date.parse('2026-11-23T04:05:00Z')),
    });
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    await http.close();
  });

  const send = async (method: string, body?: unknown): Promise<{ status: number; body: Record<string, unknown> }> => {
    const response = await fetch(`${http.url}/api/v2/settings/service-rates`, {
      method,
      ...(body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };

  const store = (text: string): Promise<'OK'> => http.store.set(keys.settings.serviceRates, text);
  const stored = (): Promise<string | null> => http.store.get(keys.settings.serviceRates);

  it('is for administrators only', () => {
    expect(Reflect.getMetadata(ROUTE_ACCESS, ServiceRatesController)).toBe('admin');
  });

  it('shows 1 for every service where nothing was ever set', async () => {
    expect(await send('GET')).toEqual({ status: 200, body: NEVER_SET });
  });

  it('changes only what is given, keeps what v1 stored beside it, and says who did it', async () => {
    await store('{"rates":{"claude":2,"codex":3,"other":9},"baseService":"codex","note":1,"updatedBy":"v1"}');
    const body = {
      rates: { ...ALL_1, claude: 2, codex: 0.5 },
      baseService: 'codex',
      updatedAt: '2026-11-23T04:05:00.000Z',
      updatedBy: 'ada',
    };
    expect(await send('PUT', { rates: { codex: 0.5 } })).toEqual({ status: 200, body });
    expect(await send('GET')).toEqual({ status: 200, body });
    expect(JSON.parse((await stored()) ?? '')).toEqual({ ...body, rates: { ...body.rates, other: 9 }, note: 1 });
  });

  it('puts one rate back with null, and all of them with null for the whole', async () => {
    await store('{"rates":{"claude":2,"codex":3}}');
    expect((await send('PUT', { rates: { claude: null } })).body).toMatchObject({ rates: { ...ALL_1, codex: 3 } });
    expect((await send('PUT', { rates: null })).body).toMatchObject({ rates: ALL_1 });
  });

  it('leaves every rate as it is when none is given', async () => {
    await store('{"rates":{"claude":2}}');
    for (const nothing of [{}, { rates: {} }]) {
      expect(await send('PUT', nothing)).toEqual({
        status: 200,
        body: { ...NEVER_SET, rates: { ...ALL_1, claude: 2 } },
      });
    }
    expect(await stored()).toBe('{"rates":{"claude":2}}');
  });

  it('answers the defaults for text that nobody can read, and only a change replaces it', async () => {
    await store('no json');
    expect(await send('GET')).toEqual({ status: 200, body: NEVER_SET });
    expect(await stored()).toBe('no json');
    expect(await send('PUT', { rates: { claude: 2 } })).toMatchObject({ body: { rates: { ...ALL_1, claude: 2 } } });
  });

  it('is felt by what is booked next', async () => {
    const rates = http.app.get(ServiceRateRepository);
    await expect(rates.getRates()).resolves.toEqual({});
    await send('PUT', { rates: { claude: 2 } });
    await expect(rates.getRates()).resolves.toMatchObject({ claude: 2 });
  });

  const OUT_OF_RANGE = 'must be a number from 0 to 1000';
  it.each<[string, unknown, string, string]>([
    ['a negative rate', { rates: { claude: -0.1 } }, 'rates.claude', `claude ${OUT_OF_RANGE}`],
    ['a rate that is too large', { rates: { codex: 1000.1 } }, 'rates.codex', `codex ${OUT_OF_RANGE}`],
    ['a rate in words', { rates: { ccr: '2' } }, 'rates.ccr', `ccr ${OUT_OF_RANGE}`],
    ['another service', { rates: { grok: 2 } }, 'rates.grok', 'grok is not a known field'],
    ['a list of rates', { rates: [1] }, 'rates', 'rates must be an object of rates by service'],
    ['an empty list', { rates: [] }, 'rates', 'rates must be an object of rates by service'],
    ['rates in words', { rates: 'high' }, 'rates', 'rates must be an object of rates by service'],
    ['an unknown field', { claude: 2 }, 'claude', 'claude is not a known field'],
    ['who changed them', { updatedBy: 'eve' }, 'updatedBy', 'updatedBy is read-only'],
    [
      'the base service',
      { baseService: 'codex' },
      'baseService',
      'baseService cannot be set: nothing is computed with it; what v1 stored is kept',
    ],
  ])('refuses %s and says why', async (_, body, field, message) => {
    const answer = await send('PUT', body);
    expect(answer.status).toBe(400);
    expect(answer.body['errors']).toContainEqual({ field, message });
    expect(await stored()).toBeNull();
  });

  it.each([0, 1000, 1e-9])('takes a rate of %d', async (claude) => {
    expect((await send('PUT', { rates: { claude } })).body).toMatchObject({ rates: { claude } });
  });

  it('loses no change of many at the same time', async () => {
    const changes = Object.keys(ALL_1).map((service, i) => send('PUT', { rates: { [service]: i + 2 } }));
    const answers = await Promise.all(changes);
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    const { body } = await send('GET');
    expect(Object.values(body['rates'] as object)).toEqual([2, 3, 4, 5, 6, 7, 8]);
  });

  it('gives up when others change the rates again and again', async () => {
    jest.spyOn(http.store, 'runScript').mockResolvedValue(false);
    expect(await send('PUT', { rates: { claude: 2 } })).toMatchObject({
      status: 409,
      body: { detail: 'The service rates are being changed by others at the same time. Try again.' },
    });
    expect(await stored()).toBeNull();
  });

  it('is documented with its fields and its errors', async () => {
    const document = (await (await fetch(`${http.url}/docs-json`)).json()) as {
      readonly paths: Record<string, Record<string, { readonly responses: object }>>;
      readonly components: { readonly schemas: Record<string, { readonly properties: object }> };
    };
    const { get, put } = document.paths['/api/v2/settings/service-rates'] ?? {};
    expect(Object.keys(get?.responses ?? {})).toEqual(expect.arrayContaining(['200', '401']));
    expect(Object.keys(put?.responses ?? {})).toEqual(expect.arrayContaining(['200', '400', '401', '409']));
    expect(Object.keys(document.components.schemas['RateChangesDto']?.properties ?? {})).toEqual(Object.keys(ALL_1));
  });
});
