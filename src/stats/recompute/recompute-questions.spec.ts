import { beforeEach, expect, it } from '@jest/globals';
import { toApiKeyId } from '@crs/extension-api';
import { describeOnEachStore } from '../../../test/support/each-store.js';
import { DAY, EAST, RecomputeRig, WEST } from '../../../test/support/recompute-rig.js';

describeOnEachStore('RecomputeService, what is asked for', (storeOfCase) => {
  let rig: RecomputeRig;

  beforeEach(() => {
    rig = new RecomputeRig(storeOfCase());
  });

  it.each([
    ['days that go backwards', { from: '2026-11-24', to: DAY }, 'to', 'to must not be before from'],
    ['too many days', { from: '2025-10-19', to: DAY }, 'to', 'to must be within 400 days of from'],
    ['days to come', { from: '2026-11-24', to: '2026-11-25' }, 'from', 'from lies in the future'],
    ['what is no id of a key', { keyId: '*' }, 'keyId', 'keyId must be an id'],
  ])('refuses %s', async (_, question, field, message) => {
    await expect(rig.dryRun(question)).rejects.toMatchObject({ status: 400, errors: [{ field, message }] });
  });

  it('takes 400 days', async () => {
    await expect(rig.dryRun({ from: '2025-10-20', to: DAY })).resolves.toMatchObject({ days: [] });
  });

  it('answers 404 for a key that nobody knows, and prices one that is gone for good', async () => {
    await rig.use({ keyId: toApiKeyId(EAST) });
    await expect(rig.dryRun({ keyId: EAST })).resolves.toMatchObject({ days: [{ day: DAY }] });
    await expect(rig.dryRun({ keyId: WEST })).rejects.toMatchObject({ status: 404 });
  });
});
