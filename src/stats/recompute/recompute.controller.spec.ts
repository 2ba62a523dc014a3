import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type CanActivate, type ExecutionContext, Logger } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { ROUTE_ACCESS } from '@crs/extension-api';
import { keys, openSqliteStore } from '@crs/store';
import { type HttpApp, startHttpApp } from '../../../test/support/http-app.js';
import { DAY, RecomputeRig, SONNET } from '../../../test/support/recompute-rig.js';
import { RecomputeController } from './recompute.controller.js';
import { RecomputeService } from './recompute.service.js';

/** Stands in for the admin login, which has specs of its own. */
class AdaIsAdmin implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    Object.assign(context.switchToHttp().getRequest<object>(), { user: { username: 'ada' } });
    return true;
  }
}

describe('POST /api/v2/stats/recompute', () => {
  let http: HttpApp;
  let rig: RecomputeRig;

  beforeEach(async () => {
    const store = openSqliteStore(':memory:');
    rig = new RecomputeRig(store);
    http = await startHttpApp({
      store,
      controllers: [RecomputeController],
      providers: [
        { provide: RecomputeService, useValue: rig.sut },
        { provide: APP_GUARD, useClass: AdaIsAdmin },
      ],
    });
    await rig.use();
    rig.overrides.set(SONNET, 30, 150);
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    await http.close();
  });

  const send = async (body: unknown) => {
    const response = await fetch(`${http.url}/api/v2/stats/recompute`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };

  it('is for administrators only', () => {
    expect(Reflect.getMetadata(ROUTE_ACCESS, RecomputeController)).toBe('admin');
  });

  it('only says what would change, unless it is told to change it', async () => {
    const change = {
      before: { costUsd: 0.021351, realCostUsd: 0.021351 },
      after: { costUsd: 0.213506, realCostUsd: 0.213506 },
    };
    const report = {
      ...{ from: DAY, to: DAY, dryRun: true, completeSince: DAY, total: change, changedRows: 1 },
      days: [{ day: DAY, ...change }],
      models: [{ model: SONNET, unknownPrice: false, ...change }],
    };
    expect(await send({ from: DAY, to: DAY })).toEqual({ status: 200, body: report });
    expect(await send({ from: DAY, to: DAY, dryRun: true })).toEqual({ status: 200, body: report });
    jest.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);
    expect(await send({ from: DAY, to: DAY, dryRun: false })).toEqual({
      status: 200,
      body: { ...report, dryRun: false },
    });
    expect((await send({ from: DAY, to: DAY })).body).toMatchObject({ changedRows: 0 });
  });

  it('answers 409 while another one runs', async () => {
    await http.store.set(keys.usage.rollUp.correcting, 'another', 'PX', 60_000);
    expect(await send({ from: DAY, to: DAY })).toMatchObject({
      status: 409,
      body: { detail: expect.stringMatching(/^A recomputation is running\. /) },
    });
  });

  it.each<[string, object, string]>([
    ['no days', {}, 'from'],
    ['an instant', { from: '2026-11-23T00:00:00Z', to: DAY }, 'from'],
    ['days that go backwards', { from: '2026-11-24', to: DAY }, 'to'],
    ['null for a dry run, which could be meant either way', { from: DAY, to: DAY, dryRun: null }, 'dryRun'],
    ['words for a dry run', { from: DAY, to: DAY, dryRun: 'false' }, 'dryRun'],
    ['an unknown field', { from: DAY, to: DAY, dryrun: false }, 'dryrun'],
    ['what is no id of a key', { from: DAY, to: DAY, keyId: '*' }, 'keyId'],
    ['days to come', { from: '2030-01-01', to: '2030-01-01' }, 'from'],
    ['an empty model', { from: DAY, to: DAY, model: '' }, 'model'],
  ])('refuses %s', async (_, body, field) => {
    const answer = await send(body);
    expect(answer.status).toBe(400);
    expect(answer.body['errors']).toContainEqual(expect.objectContaining({ field }));
  });
});
