import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ROUTE_ACCESS } from '@crs/extension-api';
import { keys } from '@crs/store';
import { doctorRig, KEYS, requestsAt } from '../../../test/support/doctor-rig.js';
import { type HttpApp, startHttpApp } from '../../../test/support/http-app.js';
import { TestClock } from '../../../test/support/test-clock.js';
import { DoctorController } from './doctor.controller.js';
import { UsageDoctorModule } from './usage-doctor.module.js';

const NOW = '2026-11-23T12:00:00Z';
const [KEY = ''] = KEYS;

describe('GET /api/v2/stats/doctor', () => {
  let http: HttpApp;

  beforeEach(async () => {
    http = await startHttpApp({
      imports: [UsageDoctorModule],
      controllers: [DoctorController],
      clock: new TestClock(Date.parse(NOW)),
    });
    await doctorRig(http.store, NOW).book(requestsAt('2026-11-22T10:00:00Z'));
  });

  afterEach(async () => {
    await http.close();
  });

  const ask = async (query = ''): Promise<{ status: number; body: unknown }> => {
    const response = await fetch(`${http.url}/api/v2/stats/doctor${query}`);
    return { status: response.status, body: await response.json() };
  };

  it('is for administrators only', () => {
    expect(Reflect.getMetadata(ROUTE_ACCESS, DoctorController)).toBe('admin');
  });

  it('answers that the books agree', async () => {
    await expect(ask()).resolves.toMatchObject({ status: 200, body: { keys: 2, total: 0, differences: [] } });
  });

  it('answers with the differences of the days and the key that were asked for', async () => {
    await http.store.hincrby(keys.usage.monthly(KEY, '2026-11'), 'requests', -1);
    const query = `?from=2026-11-22&to=2026-11-22&keyId=${KEY.toUpperCase()}`;
    await expect(ask(query)).resolves.toMatchObject({
      status: 200,
      body: { from: '2026-11-22', to: '2026-11-22', keys: 1, differences: [{ check: 'days', keyId: KEY }] },
    });
  });

  it('answers 404 about a key that nobody knows', async () => {
    await expect(ask(`?keyId=${KEY.replace('3', '4')}`)).resolves.toMatchObject({
      status: 404,
      body: { detail: expect.stringContaining('no API key with this id') },
    });
  });

  it.each([
    ['?from=today', 'from'],
    ['?to=2026-11', 'to'],
    ['?to=2026-02-30', 'to'],
    ['?to=2030-01-01', 'to'],
    ['?keyId=me', 'keyId'],
    ['?keyId=a&keyId=b', 'keyId'],
    ['?deep=1', 'deep'],
  ])('refuses %s and names the field', async (query, field) => {
    await expect(ask(query)).resolves.toMatchObject({ status: 400, body: { errors: [{ field }] } });
  });
});
