/**
 * What the gateway adds to a request: the same load straight to the simulated upstream and through the gateway, in turns,
 * on one machine. `node scripts/run.mjs bench relay --help` lists the options; README.md says how to read the table.
 */
import { parseArgs } from 'node:util';
import { startBuiltGateway, type BuiltGateway } from '../test/support/built-gateway.ts';
import { type ClientDialect, dialectsNamed } from '../test/support/client-dialects.ts';
import { medianOf, toFigures, type Figures } from './figures.ts';
import { applyLoad, type LoadRequest } from './load.ts';
import { readUsage } from './process-usage.ts';
import { startSimulatorProcess } from './simulator-process.ts';

interface Workload {
  readonly name: string;
  readonly bodyBytes: number;
  readonly stream: boolean;
}

interface Settings {
  readonly seconds: number;
  readonly rounds: number;
  readonly connections: readonly number[];
  /** Most added milliseconds at p50 with one connection; null = only measure. */
  readonly budgetMs: number | null;
  readonly dialects: readonly ClientDialect[];
}

interface Target {
  readonly name: 'direct' | 'gateway';
  readonly request: (body: Buffer) => LoadRequest;
  /** Process whose CPU and memory are read. */
  readonly pid: number | null;
}

const WORKLOADS: readonly Workload[] = [
  { name: 'JSON, 2 KB', bodyBytes: 2_000, stream: false },
  { name: 'SSE, 150 KB', bodyBytes: 150_000, stream: true },
];
/** 55 deltas: about 60 events a stream. */
const ANSWER = { textBytes: 1_320 };
/** Of each platform. */
const ACCOUNTS = 3;
const SESSION = '00000000-0000-4000-8000-000000000000';
const WARM_UP_SECONDS = 1;
const MAX_SECONDS = 60;
const MAX_ROUNDS = 20;
const HELP =
  'bench relay [--platform claude-console|codex|all] [--seconds 4] [--rounds 3] [--connections 1,32] [--budget-ms MS]';

function bounded(text: string, max: number): number {
  const value = Number(text);
  if (!(value > 0 && value <= max)) throw new Error(`${text} is not a number above 0 and up to ${max}. ${HELP}`);
  return value;
}

function readSettings(): Settings {
  const { values } = parseArgs({
    options: {
      platform: { type: 'string', default: 'all' },
      seconds: { type: 'string', default: '4' },
      rounds: { type: 'string', default: '3' },
      connections: { type: 'string', default: '1,32' },
      'budget-ms': { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    process.exit(0);
  }
  const budget = values['budget-ms'];
  return {
    seconds: bounded(values.seconds, MAX_SECONDS),
    rounds: bounded(values.rounds, MAX_ROUNDS),
    connections: values.connections.split(',').map((text) => bounded(text, 1_000)),
    dialects: dialectsNamed(values.platform),
    budgetMs: budget === undefined ? null : bounded(budget, 60_000),
  };
}

/** A body of about so many bytes, shaped like a conversation. */
function bodyOf(dialect: ClientDialect, { bodyBytes, stream }: Workload): Buffer {
  const withText = (text: string): Buffer =>
    Buffer.from(JSON.stringify(dialect.bodyOf({ stream, text, session: SESSION })));
  const text = 'The quick brown fox jumps over the lazy dog. '.repeat(Math.ceil(bodyBytes / 45));
  return withText(text.slice(0, bodyBytes - withText('').length));
}

async function measure(target: Target, body: Buffer, connections: number, seconds: number): Promise<Figures> {
  const before = target.pid === null ? null : readUsage(target.pid);
  const result = await applyLoad(target.request(body), connections, seconds);
  return toFigures(result, before, target.pid === null ? null : readUsage(target.pid));
}

async function fill(gateway: BuiltGateway, upstream: string, dialects: readonly ClientDialect[]): Promise<string> {
  for (const [n, dialect] of Array.from({ length: ACCOUNTS }, () => dialects)
    .flat()
    .entries()) {
    await gateway.admin.createAccount(dialect.name, {
      name: `Bench ${n}`,
      apiUrl: upstream,
      apiKey: `bench-upstream-${n}`,
    });
  }
  const { key } = await gateway.admin.createKey({ name: 'Bench' });
  return key;
}

/** Straight to the upstream and through the gateway; what comes directly has a key that is no account's. */
function targetsOf(
  dialect: ClientDialect,
  upstream: string,
  gateway: BuiltGateway,
  key: string,
): readonly [Target, Target] {
  const to = (origin: string, secret: string) => (body: Buffer) => {
    return { origin, path: dialect.path, headers: dialect.headersOf(secret, SESSION), body };
  };
  return [
    { name: 'direct', pid: null, request: to(upstream, 'direct') },
    { name: 'gateway', pid: gateway.pid, request: to(gateway.url, key) },
  ];
}

const COLUMNS = ['', 'requests/s', 'p50 ms', 'p99 ms', '1st byte p50', 'CPU us/request', 'RSS MiB', 'bad'];

function row(name: string, figures: Figures): string[] {
  const show = (value: number, digits: number): string => (Number.isNaN(value) ? '-' : value.toFixed(digits));
  return [
    name,
    show(figures.perSecond, 0),
    show(figures.p50, 2),
    show(figures.p99, 2),
    show(figures.firstByteP50, 2),
    show(figures.cpuMicros, 0),
    show(figures.rssMib, 0),
    String(figures.bad),
  ];
}

function addedRow(direct: Figures, gateway: Figures): string[] {
  return [
    'added',
    `x ${(gateway.perSecond / direct.perSecond).toFixed(2)}`,
    (gateway.p50 - direct.p50).toFixed(2),
    (gateway.p99 - direct.p99).toFixed(2),
    (gateway.firstByteP50 - direct.firstByteP50).toFixed(2),
    '',
    '',
    '',
  ];
}

function print(rows: readonly string[][]): void {
  for (const cells of rows) {
    console.log(cells.map((cell, index) => (index === 0 ? cell.padEnd(8) : cell.padStart(15))).join(''));
  }
}

interface Comparison {
  readonly direct: Figures;
  readonly gateway: Figures;
}

async function compare(
  [direct, gateway]: readonly [Target, Target],
  body: Buffer,
  connections: number,
  settings: Settings,
): Promise<Comparison> {
  const rounds: Comparison[] = [];
  for (const target of [direct, gateway]) await measure(target, body, connections, WARM_UP_SECONDS);
  // In turns: what else the machine does meanwhile hits both alike.
  for (let n = 0; n < settings.rounds; n += 1) {
    rounds.push({
      direct: await measure(direct, body, connections, settings.seconds),
      gateway: await measure(gateway, body, connections, settings.seconds),
    });
  }
  return {
    direct: medianOf(rounds.map((round) => round.direct)),
    gateway: medianOf(rounds.map((round) => round.gateway)),
  };
}

/** True when every answer was good and the budget was kept. */
async function runAll(
  dialect: ClientDialect,
  targets: readonly [Target, Target],
  settings: Settings,
): Promise<boolean> {
  let good = true;
  for (const workload of WORKLOADS) {
    for (const connections of settings.connections) {
      const { direct, gateway } = await compare(targets, bodyOf(dialect, workload), connections, settings);
      const plural = connections === 1 ? '' : 's';
      console.log(`\n${dialect.path}: ${workload.name}, ${connections} connection${plural}`);
      print([COLUMNS, row('direct', direct), row('gateway', gateway), addedRow(direct, gateway)]);
      const added = gateway.p50 - direct.p50;
      const overBudget = settings.budgetMs !== null && connections === 1 && added > settings.budgetMs;
      if (overBudget) console.log(`Over the budget: ${added.toFixed(2)} ms added at p50.`);
      if (overBudget || direct.bad > 0 || gateway.bad > 0 || gateway.requests === 0) good = false;
    }
  }
  return good;
}

const settings = readSettings();
const simulator = await startSimulatorProcess(ANSWER);
const gateway = await startBuiltGateway({ env: { NODE_ENV: 'production' } });
try {
  console.log(`Median of ${settings.rounds} rounds of ${settings.seconds} s each. CPU and RSS are the gateway's.`);
  const key = await fill(gateway, simulator.url, settings.dialects);
  let good = true;
  for (const dialect of settings.dialects) {
    const targets = targetsOf(dialect, simulator.url, gateway, key);
    good = (await runAll(dialect, targets, settings)) && good;
  }
  if (!good) console.log(`\nNot good. The end of the gateway's log:\n${gateway.output()}`);
  process.exitCode = good ? 0 : 1;
} finally {
  await gateway.stop();
  await simulator.stop();
}
