/**
 * Clients that leave: how soon does the upstream's connection close, is anything left held, is what was spent booked?
 * And clients that read slowly: is the upstream paused, is memory bounded? `npm run faults -- abort --help` lists the
 * options.
 */
import { parseArgs } from 'node:util';
import { createStore } from '@crs/store';
import { startBuiltGateway } from '../test/support/built-gateway.ts';
import { type ClientDialect, dialectsNamed } from '../test/support/client-dialects.ts';
import { findRedisServer, startRedisServer } from '../test/support/redis-server.ts';
import { AbortRig, type AbortBench, until } from './faults/abort-rig.ts';
import { type Stage, stagesOf } from './faults/abort-stages.ts';
import { INPUT_TOKENS, STREAMS } from './faults/flood.ts';
import { readSlowly } from './faults/slow-readers.ts';
import { percentile } from './figures.ts';
import { startSimulatorProcess } from './simulator-process.ts';

const HELP = 'npm run faults -- abort [--platform claude-console|codex|all] [--runs 20] [--only PART_OF_A_NAME]';
/** A rate limit of the simulator must be waited for; no limit of time may end an exchange by itself. */
const LIMITS = { RATE_LIMIT_WAIT_MS: '60000', RELAY_HOLD_MS: '60000' };
/** A heap with a bound, as memory is looked at: without one it grows for as long as there is some. */
const HEAP = { NODE_OPTIONS: '--max-old-space-size=128 --max-semi-space-size=8' };
/** What is promised; a busy machine may miss it now and then, but not every second time. */
const PROMISED_MS = 100;
const GIVE_UP_MS = 1_000;
const COLUMNS = ['p50 ms', 'max ms', 'leases left', 'booked  ', `p50 <= ${PROMISED_MS} ms`];

interface Row {
  readonly name: string;
  /** Of each run; infinite where nothing had closed within a second. */
  readonly ms: readonly number[];
  readonly left: number;
  readonly booked: number;
  readonly due: number;
  readonly problems: readonly string[];
}

/** From the leave of the client until the upstream sees its connection close, or until nothing is held any more. */
async function leaveOnce(rig: AbortRig, stage: Stage, heldBeside: number): Promise<{ ms: number; left: number }> {
  await rig.mend();
  const { closes } = stage;
  const client = await stage.bring(rig);
  const leftAt = client.leave();
  let ms = Number.POSITIVE_INFINITY;
  const isClosed = async (): Promise<boolean> => {
    const last = closes === null ? undefined : (await rig.seen(closes)).at(-1);
    if (last === undefined || last.outcome === 'open') return false;
    if (last.outcome === 'client_abort') ms = last.at + last.ms - leftAt;
    return true;
  };
  const isFree = async (): Promise<boolean> => (await rig.held()) === heldBeside;
  if (closes !== null) await until(isClosed, GIVE_UP_MS);
  const freed = await until(isFree, GIVE_UP_MS);
  if (closes === null && freed) ms = Date.now() - leftAt;
  return { ms, left: freed ? 0 : (await rig.held()) - heldBeside };
}

async function runStage(bench: AbortBench, dialect: ClientDialect, stage: Stage): Promise<Row> {
  const rig = await AbortRig.create(bench, { dialect, name: stage.name, steps: stage.steps, atOnce: 1 });
  const beside = (await stage.beside?.(rig)) ?? null;
  const heldBeside = await rig.held();
  const ms: number[] = [];
  let left = 0;
  for (let run = 0; run < runs; run += 1) {
    const result = await leaveOnce(rig, stage, heldBeside);
    ms.push(result.ms);
    left += result.left;
    // What is left would only stand in the way of the next.
    if (result.left !== 0) break;
  }
  beside?.leave();
  if (beside !== null && !(await until(async () => (await rig.held()) === 0, GIVE_UP_MS))) left += await rig.held();
  // Whoever runs beside them leaves, too.
  const due = ms.length * stage.books + (beside === null ? 0 : 1);
  await until(async () => (await rig.booked()).requests >= due, GIVE_UP_MS);
  const total = await rig.booked();
  const problems = [
    ...(ms.includes(Number.POSITIVE_INFINITY) ? ['nothing closed within a second'] : []),
    ...(percentile(ms, 0.5) > PROMISED_MS ? [`every second one took more than ${PROMISED_MS} ms`] : []),
    ...(left !== 0 ? [`${left} left held`] : []),
    ...(total.requests === due ? [] : [`${total.requests} requests are booked, ${due} were due`]),
    ...findInputGap(stage, ms.length, total.inputTokens),
  ];
  return { name: stage.name, ms, left, booked: total.requests, due, problems };
}

function findInputGap({ input }: Stage, runs: number, booked: number): string[] {
  if (input === 'guessed') return booked >= runs ? [] : [`${booked} input tokens are booked of ${runs} answers begun`];
  const told = input === 'told' ? runs * INPUT_TOKENS : 0;
  return booked === told ? [] : [`${booked} input tokens are booked, ${told} were told`];
}

function print(row: Row, width: number): void {
  const { name, ms, left, booked, due } = row;
  const p50 = percentile(ms, 0.5);
  const figures = [p50, Math.max(...ms)].map((value) => (Number.isFinite(value) ? value.toFixed(0) : 'never'));
  const cells = [...figures, String(left), `${booked} of ${due}`, p50 <= PROMISED_MS ? 'yes' : 'NO'];
  console.log([name.padEnd(width), ...cells.map((cell, at) => cell.padStart(COLUMNS[at]?.length ?? 0))].join('  '));
}

const { values } = parseArgs({
  options: {
    platform: { type: 'string', default: 'all' },
    runs: { type: 'string', default: '20' },
    only: { type: 'string', default: '' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(HELP);
  process.exit(0);
}
const dialects = dialectsNamed(values.platform);
const runs = Number(values.runs);
if (!Number.isInteger(runs) || runs < 1 || runs > 1_000) throw new Error(HELP);
const program = findRedisServer();
// The embedded store belongs to one process alone; what is held can be watched from outside only in a Redis.
if (program === null) throw new Error('This needs a redis-server: on PATH, or named by REDIS_SERVER_BIN.');

const redis = await startRedisServer(program);
const simulator = await startSimulatorProcess({}, { logLimit: 10_000 });
const gateway = await startBuiltGateway({ env: { ...LIMITS, ...HEAP }, redis });
const { host, port } = redis;
const plain = { username: null, password: null, db: 0, tls: false, sentinelName: '', sentinelPassword: null };
const store = await createStore({ kind: 'redis', host, port, ...plain, sentinels: [] }, () => undefined);
const failed: string[] = [];
try {
  await gateway.admin.request('PUT', '/settings/relay', { concurrentRequestQueueEnabled: true });
  const bench: AbortBench = { gateway, simulator, store };
  for (const dialect of dialects) {
    const stages = stagesOf(STREAMS[dialect.name]).filter(({ name }) => name.includes(values.only));
    const width = Math.max(...stages.map(({ name }) => name.length), 0);
    if (stages.length > 0) console.log([dialect.name.padEnd(width), ...COLUMNS].join('  '));
    for (const stage of stages) {
      const row = await runStage(bench, dialect, stage);
      print(row, width);
      failed.push(...row.problems.map((problem) => `${dialect.name}: ${row.name}: ${problem}`));
    }
    if ('slow readers'.includes(values.only)) {
      const { summary, problems } = await readSlowly(bench, dialect);
      console.log(summary);
      failed.push(...problems);
    }
  }
} finally {
  await store.quit();
  await gateway.stop();
  await simulator.stop();
  await redis.stop();
}
for (const problem of failed) console.log(`FAIL  ${problem}`);
process.exitCode = failed.length === 0 ? 0 : 1;
