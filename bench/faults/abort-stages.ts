import { randomUUID } from 'node:crypto';
import type { StepLike } from '../../test/support/simulator/step.ts';
import type { AbortRig } from './abort-rig.ts';
import { INPUT_TOKENS, type Streams } from './flood.ts';
import type { LeavingClient } from './leaving-client.ts';

/** Where a client leaves. */
export interface Stage {
  readonly name: string;
  /** What the accounts do. */
  readonly steps: readonly StepLike[];
  /** Begins before the first run and leaves after the last. */
  readonly beside?: Stage['bring'];
  /** Brings a client to where it leaves. */
  readonly bring: (rig: AbortRig) => Promise<LeavingClient>;
  /** The account whose connection must close; null = none is open, and what is held must be given back. */
  readonly closes: number | null;
  /** Requests that each run books. */
  readonly books: 0 | 1;
  /** What their input is: nothing, as the upstream has told it, or a guess because content was seen without it. */
  readonly input: 'none' | 'told' | 'guessed';
}

const silent = ({ words }: Streams): StepLike => ({ events: words, holdAfterEvents: -1 });
const LIMITED: StepLike = { preset: 'rate_limited', headers: { 'retry-after': '40' } };
const GOOD: StepLike = { text: 'Warm.', usage: { inputTokens: INPUT_TOKENS } };
/** Polls for which a flood must have stood still. */
const STILL = 20;

/** Opens a client whose request is the next that the account sees, and waits until the upstream has sent so much. */
function untilSent(account: number, events: number, options: { readonly stream: boolean }): Stage['bring'] {
  return async (rig) => {
    const before = (await rig.seen(account)).length;
    const client = rig.open(options);
    await rig.reach(`${events} events`, async () => ((await rig.seen(account))[before]?.events ?? -1) >= events);
    return client;
  };
}

async function untilQueued(rig: AbortRig): Promise<LeavingClient> {
  const before = await rig.held();
  const client = rig.open({ stream: true });
  await rig.reach('a place in the queue', async () => (await rig.held()) === before + 1);
  return client;
}

async function untilWaiting(rig: AbortRig): Promise<LeavingClient> {
  const session = randomUUID();
  const [account] = rig.accounts;
  const before = (await rig.seen(0)).length;
  await rig.bench.simulator.control({ key: account?.upstreamKey, script: [GOOD, LIMITED] });
  const warm = rig.open({ stream: false, session });
  await rig.reach('a warm session', async () => warm.hasHead && (await rig.held()) === 0);
  const client = rig.open({ stream: true, session });
  await rig.reach('the wait for its account', async () => {
    if ((await rig.seen(0))[before + 1]?.outcome !== 'finished') return false;
    const path = `/accounts/${rig.dialect.name}/${account?.id ?? ''}/availability`;
    const { available } = (await rig.bench.gateway.admin.request('GET', path)) as { available: boolean };
    return !available;
  });
  return client;
}

async function untilStreaming(rig: AbortRig): Promise<LeavingClient> {
  const client = rig.open({ stream: true });
  await rig.reach('content at the client', async () => client.received > 0);
  return client;
}

async function untilFlooded(rig: AbortRig): Promise<LeavingClient> {
  const before = (await rig.seen(0)).length;
  const client = rig.open({ stream: true, reads: false });
  let sent = 0;
  let still = 0;
  await rig.reach('an upstream that can send no more', async () => {
    const events = (await rig.seen(0))[before]?.events ?? 0;
    still = events === sent && events > 0 ? still + 1 : 0;
    sent = events;
    return still >= STILL;
  });
  return client;
}

/** Every stage, with an upstream that sends these streams. */
export function stagesOf(streams: Streams): readonly Stage[] {
  return [...stagesBeforeAnswer(streams), ...stagesInAnswer(streams)];
}

const stagesBeforeAnswer = (streams: Streams): readonly Stage[] => [
  {
    name: 'queued for a slot of its key',
    steps: [silent(streams)],
    beside: untilSent(0, 0, { stream: false }),
    bring: untilQueued,
    closes: null,
    books: 0,
    input: 'none',
  },
  { name: 'waiting for its account', steps: [GOOD, GOOD], bring: untilWaiting, closes: null, books: 1, input: 'told' },
  {
    name: 'attempting: before the head of a stream',
    steps: [silent(streams)],
    bring: untilSent(0, 0, { stream: true }),
    closes: 0,
    books: 1,
    input: 'none',
  },
  {
    name: 'attempting: before a whole answer',
    steps: [{ ...GOOD, holdAfterEvents: -1 }],
    bring: untilSent(0, 0, { stream: false }),
    closes: 0,
    books: 1,
    input: 'none',
  },
  {
    name: 'attempting: the second account',
    steps: ['overloaded', silent(streams)],
    bring: untilSent(1, 0, { stream: true }),
    closes: 1,
    books: 1,
    input: 'none',
  },
];

const stagesInAnswer = ({ words, flood, tellsInputFirst }: Streams): readonly Stage[] => [
  {
    name: 'holding: behind the opening',
    steps: [{ events: words, holdAfterEvents: 1 }],
    bring: untilSent(0, 1, { stream: true }),
    closes: 0,
    books: 1,
    input: tellsInputFirst ? 'told' : 'none',
  },
  {
    name: 'streaming',
    steps: [{ events: words, holdAfterEvents: 3 }],
    bring: untilStreaming,
    closes: 0,
    books: 1,
    input: tellsInputFirst ? 'told' : 'guessed',
  },
  {
    name: 'streaming, and reading nothing',
    steps: [{ events: flood }],
    bring: untilFlooded,
    closes: 0,
    books: 1,
    input: tellsInputFirst ? 'told' : 'guessed',
  },
];
