import type { BuiltGateway } from '../../test/support/built-gateway.ts';
import type { LogEntry } from '../../test/support/simulator/request-log.ts';
import type { Simulator } from '../../test/support/simulator/simulator.ts';
import type { RawEvent, SimulatorStep } from '../../test/support/simulator/step.ts';
import { answersOf, type CodexRun, CodexUser, errorsOf, type Provider } from './codex-user.ts';

/** What the upstream tells of each answer. */
const TOKENS = { inputTokens: 800, cacheReadTokens: 200, outputTokens: 50 };

const OUTPUT_OF_TOOL = 'written by the tool';
const DAILY_LIMIT = 0.000001;

/** A gateway with two codex accounts, of which `up-a` is asked first. */
export interface CodexBench {
  readonly gateway: BuiltGateway;
  readonly simulator: Simulator;
  /** The script that starts Codex. */
  readonly script: string;
}

interface Seen {
  readonly runs: readonly CodexRun[];
  readonly log: readonly LogEntry[];
}

export interface CodexCase {
  readonly name: string;
  readonly provider?: Provider;
  readonly keySettings?: Readonly<Record<string, unknown>>;
  /** What `up-a` answers first; then it answers well, as `up-b` always does. */
  readonly steps: readonly SimulatorStep[];
  run(user: CodexUser): Promise<readonly CodexRun[]>;
  /** The upstream keys that are asked, in this order. */
  readonly asked: readonly string[];
  /** Requests that are booked. */
  readonly booked: number;
  /** The first answer breaks off, so that what it used is estimated: no figure is known exactly. */
  readonly breaksOff?: true;
  /** What Codex showed last; left out: the text of the upstream. */
  readonly shows?: RegExp;
  /** What else is not as it should be. */
  problems?(seen: Seen): readonly string[];
}

const TEXT = 'Hello from the simulated upstream.';

/** The gateway changes nothing of what Codex says of itself. */
const asCodex = ({ log }: Seen): string[] =>
  log.every(
    ({ headers }) => (headers['user-agent'] ?? '').startsWith('codex_exec/') && headers.originator === 'codex_exec',
  )
    ? []
    : ['a request reached the upstream under another name than that of Codex'];

const sessionOf = ({ headers }: LogEntry): unknown => headers['session-id'];

/** Everything of a conversation belongs to one session. */
function oneSession({ log }: Seen): string[] {
  const [session, ...others] = new Set(log.map(sessionOf));
  return typeof session === 'string' && others.length === 0 ? [] : ['the requests name several sessions, or none'];
}

const toolProblems = (seen: Seen): readonly string[] => [
  ...oneSession(seen),
  ...(seen.runs[0]?.output.includes(OUTPUT_OF_TOOL) === true ? [] : ['the tool did not run']),
  ...(seen.log[1]?.body.includes('function_call_output') === true ? [] : ['its output did not reach the upstream']),
];

const TOOL_CALL: SimulatorStep = {
  blocks: [{ type: 'tool_use', name: 'exec_command', input: { cmd: `echo ${OUTPUT_OF_TOOL}` } }],
  usage: TOKENS,
};

async function resume(user: CodexUser, ...settings: readonly string[]): Promise<CodexRun[]> {
  const first = await user.exec(...settings, 'Say hello');
  const thread = first.events.find(({ type }) => type === 'thread.started')?.thread_id ?? '';
  return [first, await user.exec('resume', ...settings, thread, 'And again')];
}

const COMPACTION = { id: 'cmp_1', type: 'compaction', encrypted_content: 'the thread, made short' };
const COMPACT_ALWAYS = ['-c', 'model_auto_compact_token_limit=500'];

const event = (type: string, fields: object): RawEvent => ({ event: type, data: JSON.stringify({ type, ...fields }) });

/** How an upstream answers the item by which Codex asks for its thread to be made short. */
const COMPACTED: SimulatorStep = {
  events: [
    event('response.created', { response: { id: 'resp_1' } }),
    event('response.output_item.done', { output_index: 0, item: COMPACTION }),
    event('response.completed', {
      response: {
        id: 'resp_1',
        usage: {
          input_tokens: TOKENS.inputTokens + TOKENS.cacheReadTokens,
          input_tokens_details: { cached_tokens: TOKENS.cacheReadTokens },
          output_tokens: TOKENS.outputTokens,
          total_tokens: TOKENS.inputTokens + TOKENS.cacheReadTokens + TOKENS.outputTokens,
        },
      },
    }),
  ],
};

const compactionProblems = (seen: Seen): readonly string[] => [
  ...oneSession(seen),
  ...(seen.log[1]?.body.includes('compaction_trigger') === true ? [] : ['Codex did not ask for a compaction']),
  ...(seen.log[2]?.body.includes(COMPACTION.encrypted_content) === true ? [] : ['Codex did not get it']),
];

export const CASES: readonly CodexCase[] = [
  { name: 'one shot', steps: [], run: async (user) => [await user.exec('Say hello')], asked: ['up-a'], booked: 1 },
  {
    name: 'tool turn',
    steps: [TOOL_CALL],
    run: async (user) => [await user.exec('Run the tool')],
    asked: ['up-a', 'up-a'],
    booked: 2,
    problems: toolProblems,
  },
  { name: 'resume', steps: [], run: (user) => resume(user), asked: ['up-a', 'up-a'], booked: 2, problems: oneSession },
  {
    name: 'first account: 429',
    steps: [{ status: 429, body: { error: { type: 'usage_limit_reached', message: 'x', resets_in_seconds: 120 } } }],
    run: (user) => resume(user),
    asked: ['up-a', 'up-b', 'up-b'],
    booked: 2,
    problems: oneSession,
  },
  {
    name: 'first account: failed',
    steps: [{ fail: { how: 'error_event', afterEvents: 2 } }],
    run: async (user) => [await user.exec('Say hello')],
    asked: ['up-a', 'up-b'],
    booked: 1,
  },
  {
    name: 'compaction',
    provider: 'built-in',
    steps: [{ text: TEXT, usage: TOKENS }, COMPACTED],
    run: (user) => resume(user, ...COMPACT_ALWAYS),
    asked: ['up-a', 'up-a', 'up-a'],
    booked: 3,
    problems: compactionProblems,
  },
  {
    name: 'WebSocket refused',
    provider: 'built-in',
    steps: [],
    run: async (user) => [await user.exec('Say hello')],
    asked: ['up-a'],
    booked: 1,
    problems: ({ runs }) =>
      (runs[0]?.output ?? '').includes('WebSocket') ? [] : ['Codex did not ask for a WebSocket'],
  },
  {
    name: 'answer that breaks off',
    steps: [{ text: 'x'.repeat(300), usage: TOKENS, fail: { how: 'cut', afterEvents: 6 } }],
    run: async (user) => [await user.exec('Say hello')],
    asked: ['up-a', 'up-a'],
    booked: 2,
    breaksOff: true,
    problems: ({ runs }) => ((runs[0]?.output ?? '').includes('Reconnecting') ? [] : ['Codex took it for whole']),
  },
  {
    name: 'limit of the key',
    keySettings: { dailyCostLimit: DAILY_LIMIT },
    steps: [],
    run: (user) => resume(user),
    asked: ['up-a'],
    booked: 1,
    shows: /usage limit/i,
  },
];

/** How a case went, and what was not as it should be. */
export interface CaseReport {
  readonly name: string;
  readonly shown: string;
  readonly asked: string;
  readonly booked: string;
  readonly ms: number;
  readonly problems: readonly string[];
}

export async function runCase({ gateway, simulator, script }: CodexBench, each: CodexCase): Promise<CaseReport> {
  simulator.reset();
  for (const key of ['up-a', 'up-b']) simulator.setDefault(key, { text: TEXT, usage: TOKENS });
  simulator.script('up-a', each.steps);
  const { id, key } = await gateway.admin.createKey({ name: each.name, ...each.keySettings });
  const user = new CodexUser(script, { baseUrl: `${gateway.url}/openai`, key, provider: each.provider ?? 'custom' });
  try {
    const runs = await each.run(user);
    const log = simulator.log.filter(({ endpoint }) => endpoint === 'responses');
    const total = await bookedOf(gateway, id, each.booked);
    return report(each, { runs, log }, total);
  } finally {
    user.remove();
  }
}

type Total = Readonly<Record<'requests' | keyof typeof TOKENS, number>>;

const SETTLED_WITHIN_MS = 5_000;

/** Bookings follow an answer in batches; an excess shows as soon as what is due is there. */
async function bookedOf({ admin }: BuiltGateway, keyId: string, due: number): Promise<Total> {
  const giveUpAt = performance.now() + SETTLED_WITHIN_MS;
  for (;;) {
    const { total } = (await admin.request('GET', `/keys/${keyId}/stats`)) as { total: Total };
    if (total.requests >= due || performance.now() > giveUpAt) return total;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function report(each: CodexCase, seen: Seen, total: Total): CaseReport {
  const asked = seen.log.map(({ key }) => key);
  const last = seen.runs.at(-1);
  const told = last === undefined ? [] : last.code === 0 ? answersOf(last) : errorsOf(last);
  const shown = told.at(-1) ?? last?.output.slice(-300) ?? '';
  const expected = each.shows ?? new RegExp(`^${TEXT}$`);
  const due = each.booked - (each.breaksOff === true ? 1 : 0);
  const differs = (Object.keys(TOKENS) as (keyof typeof TOKENS)[]).filter((name) =>
    each.breaksOff === true ? total[name] < due * TOKENS[name] : total[name] !== due * TOKENS[name],
  );
  const problems = [
    ...(expected.test(shown) ? [] : [`Codex showed: ${shown}`]),
    ...(each.shows === undefined && last?.code !== 0 ? [`Codex ended with ${String(last?.code)}`] : []),
    ...(seen.runs.some(({ timedOut }) => timedOut) ? ['Codex did not end'] : []),
    ...(asked.join() === each.asked.join() ? [] : [`asked were ${asked.join()}, not ${each.asked.join()}`]),
    ...(total.requests === each.booked ? [] : [`${total.requests} requests are booked, not ${each.booked}`]),
    ...differs.map((name) => `${name}: ${total[name]} are booked, ${due * TOKENS[name]} were told`),
    ...asCodex(seen),
    ...(each.problems?.(seen) ?? []),
  ];
  const tokens = `${total.inputTokens} + ${total.cacheReadTokens} cached, ${total.outputTokens} out`;
  const ms = seen.runs.reduce((sum, run) => sum + run.ms, 0);
  return { name: each.name, shown, asked: asked.join(', '), booked: `${total.requests}: ${tokens}`, ms, problems };
}
