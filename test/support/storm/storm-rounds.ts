import { setTimeout as sleep } from 'node:timers/promises';
import type { RestartableRedis } from './restartable-redis.ts';
import { findCounterGaps, findLeftLeases, readBooks } from './storm-books.ts';
import { judgeBooks, type StormVerdict } from './storm-judge.ts';
import { FINAL_OUTPUT_TOKENS, type StormRig } from './storm-rig.ts';

export interface KillRound {
  /** Between the first request and the kill. */
  readonly afterMs: number;
  /** 0 to 1: the next gateway is killed, too, so far into its replay; null: it is not. */
  readonly replayKilledAt: number | null;
  readonly unheardMs: number;
}

/** When what happens to Redis, in ms from the first request. */
export interface RedisRound {
  /** Its file is written then, and it is started again from that; null: it has written down everything. */
  readonly savedAfterMs: number | null;
  readonly killedAfterMs: number;
  readonly awayMs: number;
  /** The clients go on for so long behind its return. */
  readonly afterwardsMs: number;
}

const STILL_MS = 1_000;
const BOOKED_WITHIN_MS = 45_000;

/** Kills the gateway under its clients, starts it again, and holds its books against what clients and upstream saw. */
export async function runKillRound(rig: StormRig, round: KillRound): Promise<StormVerdict> {
  await rig.beginRound();
  rig.rage();
  await sleep(round.afterMs);
  const killedAt = await rig.kill();
  const upstream = await rig.upstreamLog();
  if (round.replayKilledAt !== null) await rig.killWhileReplaying(round.replayKilledAt);
  await rig.start();
  return judge(rig, upstream, { killedAt, unheardMs: round.unheardMs });
}

/** Kills Redis under the gateway and starts it again; when all is quiet, everything must be in the books once. */
export async function runRedisRound(rig: StormRig, redis: RestartableRedis, round: RedisRound): Promise<StormVerdict> {
  await rig.beginRound();
  rig.rage();
  const { savedAfterMs, killedAfterMs, awayMs, afterwardsMs } = round;
  if (savedAfterMs !== null) {
    await sleep(savedAfterMs);
    await redis.save();
  }
  await sleep(killedAfterMs - (savedAfterMs ?? 0));
  await redis.kill();
  await sleep(awayMs);
  await redis.startAgain();
  await sleep(afterwardsMs);
  await rig.calm();
  const upstream = await rig.upstreamLog();
  await untilStill(rig, upstream.length);
  return judge(rig, upstream, { killedAt: null, unheardMs: 0 });
}

/** Kills Redis, then the gateway; Redis comes back with an older file, and the next gateway has to make that good, too. */
export async function runRoundOfBoth(
  rig: StormRig,
  redis: RestartableRedis,
  round: {
    readonly savedAfterMs: number;
    readonly killedAfterMs: number;
    readonly awayMs: number;
    readonly unheardMs: number;
  },
): Promise<StormVerdict> {
  await rig.beginRound();
  rig.rage();
  await sleep(round.savedAfterMs);
  await redis.save();
  await sleep(round.killedAfterMs - round.savedAfterMs);
  await redis.kill();
  await sleep(round.awayMs);
  const killedAt = await rig.kill();
  await redis.startAgain();
  await rig.start();
  return judge(rig, await rig.upstreamLog(), { killedAt, unheardMs: round.unheardMs });
}

async function judge(
  rig: StormRig,
  upstream: Awaited<ReturnType<StormRig['upstreamLog']>>,
  kill: { readonly killedAt: number | null; readonly unheardMs: number },
): Promise<StormVerdict> {
  const keyIds = rig.keys.map(({ id }) => id);
  const { admin } = rig.gateway;
  const booked = await readBooks(admin, keyIds);
  const facts = { asked: rig.asked, upstream, booked, finalOutputTokens: FINAL_OUTPUT_TOKENS, ...kill };
  const verdict = judgeBooks(facts);
  verdict.problems.push(...(await findCounterGaps(admin, booked)));
  const journals = rig.journals();
  if (journals.length !== 1) verdict.problems.push(`journals are left: ${journals.join(', ')}`);
  const owners = { keyIds, accountIds: rig.accountIds };
  verdict.problems.push(...(await rig.withStore((store) => findLeftLeases(store, owners, booked))));
  return verdict;
}

/** Waits until as much is booked as is due, or nothing more comes in for the whole time. */
async function untilStill(rig: StormRig, due: number): Promise<void> {
  const giveUpAt = performance.now() + BOOKED_WITHIN_MS;
  const count = async (): Promise<number> => {
    const books = await readBooks(
      rig.gateway.admin,
      rig.keys.map(({ id }) => id),
    );
    return [...books.values()].flat().length;
  };
  while ((await count()) < due && performance.now() < giveUpAt) await sleep(STILL_MS);
}
