/**
 * The gateway is killed under hundreds of clients, again and again, and so is its Redis: is every request in the books
 * once, to the token where its client saw the end, flagged where nobody did? Prints a row per round and ends with a code
 * other than 0 when one request is lost, booked twice or wrong. `npm run storm -- --help` lists the options.
 */
import { parseArgs } from 'node:util';
import { findRedisServer } from '../test/support/redis-server.ts';
import { RestartableRedis } from '../test/support/storm/restartable-redis.ts';
import type { StormVerdict } from '../test/support/storm/storm-judge.ts';
import { StormRig } from '../test/support/storm/storm-rig.ts';
import { type RedisRound, runKillRound, runRedisRound, runRoundOfBoth } from '../test/support/storm/storm-rounds.ts';
import { startSimulatorProcess } from './simulator-process.ts';

const HELP = 'npm run storm -- [--rounds 4] [--clients 500] [--seed 1] [--unheard-ms 500]';
const MAX_ROUNDS = 100;
const MAX_CLIENTS = 1_000;
const FIRST_KILL_MS = 1_000;
const LAST_KILL_MS = 3_000;
/** Every so many kills the gateway that comes next is killed while it replays. */
const REPLAY_KILLED_EVERY = 2;
const SHOWN_PROBLEMS = 10;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '4' },
    clients: { type: 'string', default: '500' },
    seed: { type: 'string', default: '1' },
    'unheard-ms': { type: 'string', default: '500' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(HELP);
  process.exit(0);
}
const rounds = Math.min(Number(values.rounds), MAX_ROUNDS);
const clients = Math.min(Number(values.clients), MAX_CLIENTS);
const unheardMs = Number(values['unheard-ms']);
if (!(rounds > 0) || !(clients > 0) || !(unheardMs >= 0)) throw new Error(HELP);

const REDIS_ROUNDS: readonly (RedisRound & { readonly kind: string; readonly options: readonly string[] })[] = [
  {
    kind: 'Redis killed, nothing forgotten',
    options: ['--appendonly', 'yes'],
    savedAfterMs: null,
    killedAfterMs: 1_500,
    awayMs: 1_000,
    afterwardsMs: 1_500,
  },
  {
    kind: 'Redis killed, an older file',
    options: [],
    savedAfterMs: 1_000,
    killedAfterMs: 2_000,
    awayMs: 1_000,
    afterwardsMs: 1_500,
  },
];

const BOTH_KILLED = { savedAfterMs: 1_000, killedAfterMs: 2_000, awayMs: 500 };

const COLUMNS = [
  'round',
  'kind',
  'finished',
  'open',
  'booked',
  'flagged',
  'unheard',
  'max ms',
  'unsent',
  'lost',
  'twice',
  'wrong',
];
const WIDTHS = [5, 36, 8, 6, 6, 7, 7, 6, 6, 5, 5, 5];

let seed = Number(values.seed) >>> 0;
/** 0 to 1, the same in each run with the same seed (mulberry32). */
function nextRandom(): number {
  seed = (seed + 0x6d2b79f5) >>> 0;
  let mixed = Math.imul(seed ^ (seed >>> 15), seed | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}

function print(cells: readonly (string | number)[]): void {
  const pad = (cell: string | number, at: number): string =>
    at === 1 ? String(cell).padEnd(WIDTHS[at] ?? 0) : String(cell).padStart(WIDTHS[at] ?? 0);
  console.log(cells.map(pad).join('  ').trimEnd());
}

let wrong = 0;
let round = 0;
let finishedInAll = 0;
function report(kind: string, verdict: StormVerdict): void {
  round += 1;
  const { finished, open, booked, flagged, unheard, longestUnheardMs, unsent, lost, twice, problems } = verdict;
  print([
    round,
    kind,
    finished,
    open,
    booked,
    flagged,
    unheard,
    longestUnheardMs,
    unsent,
    lost,
    twice,
    problems.length,
  ]);
  for (const problem of problems.slice(0, SHOWN_PROBLEMS)) console.log(`FAIL  ${problem}`);
  wrong += problems.length;
  finishedInAll += finished;
}

const simulator = await startSimulatorProcess({}, { logLimit: 1_000_000 });
const program = findRedisServer();

async function withRig(redis: RestartableRedis | null, storm: (rig: StormRig) => Promise<void>): Promise<void> {
  const rig = await StormRig.create({ upstream: simulator, clients, redis });
  try {
    await storm(rig);
  } finally {
    await rig.end();
  }
}

function stormOn(name: string, redis: RestartableRedis | null): Promise<void> {
  return withRig(redis, async (rig) => {
    for (let n = 1; n <= rounds; n += 1) {
      const afterMs = Math.round(FIRST_KILL_MS + nextRandom() * (LAST_KILL_MS - FIRST_KILL_MS));
      const replayKilledAt = n % REPLAY_KILLED_EVERY === 0 ? nextRandom() : null;
      await rig.startIfStopped();
      const kind = `${name}, killed at ${afterMs} ms${replayKilledAt === null ? '' : ', twice'}`;
      report(kind, await runKillRound(rig, { afterMs, replayKilledAt, unheardMs }));
    }
  });
}

async function withRedis(options: readonly string[], storm: (redis: RestartableRedis) => Promise<void>): Promise<void> {
  if (program === null) return;
  const redis = await RestartableRedis.start(program, options);
  try {
    await storm(redis);
  } finally {
    await redis.stop();
  }
}

try {
  print(COLUMNS);
  await stormOn('embedded', null);
  await withRedis([], (redis) => stormOn('Redis', redis));
  for (const { kind, options, ...times } of REDIS_ROUNDS) {
    await withRedis(options, (redis) =>
      withRig(redis, async (rig) => {
        report(kind, await runRedisRound(rig, redis, times));
      }),
    );
  }
  await withRedis([], (redis) =>
    withRig(redis, async (rig) => {
      report('both killed, an older file', await runRoundOfBoth(rig, redis, { ...BOTH_KILLED, unheardMs }));
    }),
  );
  if (program === null) console.log('There is no redis-server on this machine: only the embedded store was tried.');
} finally {
  await simulator.stop();
}
if (finishedInAll === 0)
  console.log('FAIL  no request was answered before its gateway was killed: this machine is too busy');
process.exitCode = wrong === 0 && finishedInAll > 0 ? 0 : 1;
