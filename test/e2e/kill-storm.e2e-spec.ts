import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { findRedisServer } from '../support/redis-server.ts';
import { type Simulator, startSimulator } from '../support/simulator/simulator.ts';
import { RestartableRedis } from '../support/storm/restartable-redis.ts';
import { StormRig } from '../support/storm/storm-rig.ts';
import { runKillRound } from '../support/storm/storm-rounds.ts';

const CLIENTS = 60;
/** The tests share their processors; what was sent so shortly before a kill may not have been read. */
const UNHEARD_MS = 1_000;
/** In the middle of streams, and again while what they left is being booked. */
const ROUND = { afterMs: 1_370, replayKilledAt: 0.4, unheardMs: UNHEARD_MS };
/** Three starts of a gateway, on a busy machine. */
const STORM_MS = 90_000;
const NOTHING_WRONG = { lost: 0, twice: 0, problems: [] };

describe('a gateway that is killed under its clients, and again at its next start', () => {
  let simulator: Simulator;
  let redis: RestartableRedis | null = null;
  let rig: StormRig | null = null;

  beforeEach(async () => {
    simulator = await startSimulator({ keepBodies: false });
  });

  afterEach(async () => {
    await rig?.end();
    await redis?.stop();
    await simulator.close();
    rig = null;
    redis = null;
  });

  const expectNothingLost = async (storm: StormRig): Promise<void> => {
    const verdict = await runKillRound(storm, ROUND);
    expect(verdict).toMatchObject(NOTHING_WRONG);
    expect(verdict.booked).toBeGreaterThan(0);
    expect(verdict.flagged).toBeGreaterThan(0);
  };

  it(
    'has every request in its books, once, with the embedded store',
    async () => {
      rig = await StormRig.create({ upstream: simulator, clients: CLIENTS, redis: null });
      await expectNothingLost(rig);
    },
    STORM_MS,
  );

  const program = findRedisServer();
  if (program === null) it.todo('has every request in its books on Redis (there is no redis-server on this machine)');
  else {
    it(
      'has every request in its books, once, on Redis',
      async () => {
        redis = await RestartableRedis.start(program);
        rig = await StormRig.create({ upstream: simulator, clients: CLIENTS, redis });
        await expectNothingLost(rig);
      },
      STORM_MS,
    );
  }
});
