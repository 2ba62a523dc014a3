import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROUTE_ACCESS } from '@crs/extension-api';
import { keys } from '@crs/store';
import { type HttpApp, startHttpApp } from '../../../test/support/http-app.js';
import { TestClock } from '../../../test/support/test-clock.js';
import { testConfig } from '../../../test/support/test-config.js';
import { PriceBook } from '../pricing/price-book.js';
import { PriceOverrides } from '../pricing/price-override.js';
import { LivePrices } from './live-prices.js';
import { PriceFile } from './price-file.js';
import { PriceOverrideRepository } from './price-override.repository.js';
import { PricesController } from './prices.controller.js';
import { PricesService } from './prices.service.js';

/** Stands in for the admin login, which has specs of its own. */
class AdaIsAdmin implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    Object.assign(context.switchToHttp().getRequest<object>(), { user: { username: 'ada' } });
    return true;
  }
}

const NOW = new Date('2026-11-23T04:05:00.000Z');
const OPEN = { cacheWrite: null, cacheWrite1h: null, cacheRead: null, longContext: null };
const FACTORS = { fastMultiplier: null, priorityMultiplier: null };

describe('/api/v2/settings/prices', () => {
  let http: HttpApp;
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'prices-'));
    const pricesFile = join(folder, 'prices.json');
    await writeFile(pricesFile, '{"of-file":{"input":1,"output":2}}');
    http = await startHttpApp({
      config: testConfig({ pricesFile }),
      controllers: [PricesController],
      providers: [
        LivePrices,
        PriceBook,
        PriceFile,
        PriceOverrideRepository,
        { provide: PriceOverrides, useExisting: LivePrices },
        PricesService,
        { provide: APP_GUARD, useClass: AdaIsAdmin },
      ],
      clock: new TestClock(NOW.getTime()),
    });
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    await http.close();
    await rm(folder, { recursive: true });
  });

  const send = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`${http.url}/api/v2/settings/prices${path}`, {
      method,
      ...(body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };

  it('is for administrators only', () => {
    expect(Reflect.getMetadata(ROUTE_ACCESS, PricesController)).toBe('admin');
  });

  it('shows what a model costs by the list, by the file, and when nobody knows it', async () => {
    expect(await send('GET', '/claude-opus-4-1-20250805')).toEqual({
      status: 200,
      body: {
        ...{ model: 'claude-opus-4-1-20250805', day: '2026-11-23', source: 'list', from: null },
        matchedName: 'claude-opus-4-1-20250805',
        ...{ input: 15, output: 75, cacheWrite: 18.75, cacheWrite1h: 30, cacheRead: 1.5 },
        ...{ longContext: null, ...FACTORS, updatedAt: null, updatedBy: null, overrides: [] },
      },
    });
    const ofFile = {
      model: 'of-file',
      source: 'file',
      inForce: true,
      from: null,
      input: 1,
      output: 2,
      ...OPEN,
      ...FACTORS,
    };
    expect((await send('GET', '/of-file')).body).toMatchObject({ source: 'file', cacheRead: 1, overrides: [ofFile] });
    expect((await send('GET', '/nobody-knows')).body).toMatchObject({
      source: 'fallback',
      matchedName: null,
      input: 3,
    });
    expect((await send('GET', '/gpt-5.4')).body).toMatchObject({
      longContext: { aboveTokens: 271_999, prices: { input: 5, cacheWrite: 5 } },
    });
  });

  it('sets a price from today on, and what is booked next costs that', async () => {
    const { status, body } = await send('PUT', '/vendor%2Fmy-model', { input: 1, output: 2, cacheRead: 0.1 });
    const entry = { ...OPEN, ...FACTORS, from: '2026-11-23', input: 1, output: 2, cacheRead: 0.1 };
    expect(status).toBe(200);
    expect(body).toMatchObject({ model: 'vendor/my-model', source: 'override', from: '2026-11-23', cacheWrite: 1 });
    expect(body).toMatchObject({ updatedAt: '2026-11-23T04:05:00.000Z', updatedBy: 'ada' });
    expect(body['overrides']).toEqual([{ model: 'vendor/my-model', source: 'override', inForce: true, ...entry }]);
    expect(http.app.get(PriceBook).findPrices('vendor/my-model', NOW)?.standard.input).toBe(1);
    expect(JSON.parse((await http.store.hget(keys.settings.prices, 'vendor/my-model')) ?? '')).toEqual({
      ...{ history: [entry], updatedAt: '2026-11-23T04:05:00.000Z', updatedBy: 'ada' },
    });
  });

  it('keeps a history, and changes only what is given of a day', async () => {
    await send('PUT', '/m', { from: '2026-12-01', input: 9, output: 9 });
    await send('PUT', '/m', { from: null, input: 1, output: 2, cacheRead: 0.5 });
    await send('PUT', '/m', { from: '2026-11-01', input: 3, output: 4 });
    const changed = await send('PUT', '/m', { from: null, output: 5, cacheRead: null });
    expect(changed.body['overrides']).toMatchObject([
      { from: null, input: 1, output: 5, cacheRead: null, inForce: false },
      { from: '2026-11-01', input: 3, inForce: true },
      { from: '2026-12-01', input: 9, inForce: false },
    ]);
    expect((await send('GET', '/m')).body).toMatchObject({ input: 3, day: '2026-11-23' });
    expect((await send('GET', '/m?day=2026-12-01')).body).toMatchObject({ input: 9, day: '2026-12-01' });
    expect((await send('GET', '/m?day=2026-10-31')).body).toMatchObject({ input: 1, from: null });
  });

  it('lists what is set, in pages and by model', async () => {
    await send('PUT', '/z', { input: 1, output: 2 });
    await send('PUT', '/z', { from: '2026-12-01', input: 1, output: 2 });
    await send('PUT', '/a', { input: 1, output: 2 });
    const names = async (query: string) => {
      const { body } = await send('GET', query);
      return [body['total'], ...(body['items'] as { model: string }[]).map(({ model }) => model)];
    };
    expect(await names('')).toEqual([4, 'a', 'of-file', 'z', 'z']);
    expect(await names('?offset=1&limit=2')).toEqual([4, 'of-file', 'z']);
    expect(await names('?model=z')).toEqual([2, 'z', 'z']);
    expect(await names('?model=nobody')).toEqual([0]);
  });

  it('takes back one price or all of them', async () => {
    for (const from of [null, '2026-11-01', '2026-12-01']) await send('PUT', '/m', { from, input: 1, output: 2 });
    expect((await send('DELETE', '/m?from=2026-11-01')).body['overrides']).toHaveLength(2);
    expect(await send('DELETE', '/m?from=2026-11-01')).toMatchObject({
      status: 404,
      body: { detail: expect.stringMatching(/^The model has no price that begins on 2026-11-01\. /) },
    });
    expect(await send('DELETE', '/m')).toMatchObject({ status: 200, body: { source: 'fallback', overrides: [] } });
    expect(await http.store.exists(keys.settings.prices)).toBe(0);
    expect(await send('DELETE', '/of-file')).toMatchObject({
      status: 404,
      body: { detail: expect.stringMatching(/no prices that were set here\. Those of the price file/) },
    });
  });

  it.each<[string, unknown, string, string]>([
    ['a price without output', { input: 1 }, 'output', 'output is required: no price begins on 2026-11-23 yet'],
    ['a price of nothing', {}, 'input', 'input is required: no price begins on 2026-11-23 yet'],
    [
      'a price since ever of nothing',
      { from: null, input: 1 },
      'output',
      'output is required: no price holds since ever yet',
    ],
    [
      'null as input',
      { input: null, output: 1 },
      'input',
      'input must be a price in USD per million tokens, from 0 to 1000000',
    ],
    ['an unknown field', { inputs: 1 }, 'inputs', 'inputs is not a known field'],
    [
      'a day that is none',
      { from: '2026-02-30', input: 1, output: 1 },
      'from',
      'from must be a day such as 2030-01-31',
    ],
    ['what is only shown', { inForce: true }, 'inForce', 'inForce is read-only'],
    [
      'a price of long requests without its length',
      { input: 1, output: 1, longContext: { prices: { input: 1, output: 1 } } },
      'longContext.aboveTokens',
      'aboveTokens must be a whole number of tokens from 1 to 1000000000',
    ],
  ])('refuses %s and says why', async (_, body, field, message) => {
    const answer = await send('PUT', '/m', body);
    expect(answer.status).toBe(400);
    expect(answer.body['errors']).toContainEqual({ field, message });
    expect(await http.store.exists(keys.settings.prices)).toBe(0);
  });

  it('refuses what is no name of a model, and no day', async () => {
    expect(await send('PUT', '/%20', { input: 1, output: 1 })).toMatchObject({ status: 400 });
    expect(await send('GET', '/m?day=today')).toMatchObject({ status: 400 });
    expect(await send('DELETE', '/m?from=x')).toMatchObject({ status: 400 });
    expect(await send('GET', '?model=a&model=b')).toMatchObject({ status: 400 });
  });

  it('loses no change of many at the same time, and gives up when there are too many', async () => {
    const days = ['2026-12-01', '2026-12-02', '2026-12-03', '2026-12-04', '2026-12-05'];
    const answers = await Promise.all(days.map((from) => send('PUT', '/m', { from, input: 1, output: 2 })));
    expect(answers.map(({ status }) => status)).toEqual(days.map(() => 200));
    expect((await send('GET', '/m')).body['overrides']).toMatchObject(days.map((from) => ({ from })));
    jest.spyOn(http.store, 'runScript').mockResolvedValue(false);
    expect(await send('PUT', '/m', { input: 1, output: 2 })).toMatchObject({ status: 409 });
  });
});
