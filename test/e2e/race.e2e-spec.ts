import { afterAll, beforeAll, describe } from '@jest/globals';
import { describeQueue } from '../support/queue-cases.ts';
import { describeRaces } from '../support/race-cases.ts';
import { RaceRig } from '../support/race-rig.ts';

describe('one process with the embedded store', () => {
  let rig: RaceRig;
  beforeAll(async () => {
    rig = await RaceRig.inProcess();
  });
  afterAll(async () => {
    await rig.stop();
  });

  describeRaces(() => rig);
  describeQueue(() => rig);
});
