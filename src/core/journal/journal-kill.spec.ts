import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { useScripts } from '../../../libs/store/src/testing/child-process.js';
import { reportOf, settlementOf } from './testing/any-note.js';
import { useJournalRig } from './testing/journal-rig.js';

Logger.overrideLogger(false);

const CHILD = fileURLToPath(new URL('./testing/journal.child.ts', import.meta.url));

describe('the journal of a process', () => {
  const rigOfCase = useJournalRig();
  const start = useScripts();

  it('is not given while it lives, and has all that was noted when it was killed', async () => {
    const rig = rigOfCase();
    const child = start(CHILD, rig.dataDir);
    const instance = await child.nextLine();
    const numberOf = async (): Promise<number> => Number((await child.nextLine()) ?? 0);
    let noted = 0;
    while (noted < 1000) noted = await numberOf();
    expect(await rig.take()).toEqual([]);

    await child.kill();
    for (let more = await numberOf(); more > 0; more = await numberOf()) noted = more;
    const [left] = await rig.take();
    expect(left?.instance).toBe(instance);
    expect(left?.storeId).toBe('store-of-the-child');
    const openIds = new Set(left?.open.map(({ report }) => report.requestId));
    const settledIds = new Set(left?.unbatched.map(({ requestId }) => requestId));
    expect(left?.open[0]).toEqual({ report: reportOf('r-1'), input: null, waste: [] });
    expect(left?.unbatched[0]).toEqual(settlementOf('r-2'));
    for (let number = 1; number <= noted; number += 1) {
      const id = `r-${number}`;
      expect([id, openIds.has(id), settledIds.has(id)]).toEqual([id, number % 2 === 1, number % 4 === 2]);
    }
    expect([...openIds].filter((id) => settledIds.has(id))).toEqual([]);
  });
});
