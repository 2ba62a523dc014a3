import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AdminClient } from '../../test/support/admin-client.ts';
import type { ClientDialect } from '../../test/support/client-dialects.ts';
import type { SimulatorProcess } from '../simulator-process.ts';
import type { Fault } from './catalogue.ts';
import { call } from './client.ts';
import { hasContent, judge, type Judged } from './judge.ts';
import { TEXT } from './raw-streams.ts';

/** Which accounts have the fault. */
type Reach = 'first' | 'all';

export interface Cell {
  readonly dialect: ClientDialect;
  readonly fault: Fault;
  readonly stream: boolean;
  readonly reach: Reach;
}

export interface Bench {
  readonly admin: AdminClient;
  readonly gatewayUrl: string;
  readonly simulator: SimulatorProcess;
}

const GOOD = { text: TEXT, deltaChars: 9 };
/** Longer than every bound of the gateway that is measured; whoever takes longer has none. */
const CLIENT_TIMEOUT_MS = 15_000;
const MAX_MS = 12_000;
const BOOKED_WITHIN_MS = 2_000;
const POLL_MS = 50;

/** One cell of the table: two accounts in a group of their own, a key bound to it, one request. */
export async function runCell(bench: Bench, cell: Cell): Promise<Judged> {
  const { admin } = bench;
  const { dialect, stream } = cell;
  const id = randomUUID();
  const { id: keyId, key } = await admin.createKey({
    name: id,
    [dialect.bindingField]: `group:${await createAccounts(bench, cell, id)}`,
  });
  const answer = await call({
    url: bench.gatewayUrl + dialect.path,
    headers: dialect.headersOf(key, id),
    body: JSON.stringify(dialect.bodyOf({ stream, text: 'Hello', session: id })),
    timeoutMs: CLIENT_TIMEOUT_MS,
  });
  const judged = judge(answer, {
    speech: dialect.speech,
    stream,
    mustBeWhole: mustBeWhole(cell),
    refusal: cell.fault.hideable === 'never' ? (cell.fault.status ?? 400) : null,
    maxMs: MAX_MS,
  });
  if (judged.verdict === 'fail') return judged;
  const gap = await findBookingGap(admin, keyId, hasContent(answer.text, dialect.speech) ? 1 : 0);
  return gap === null ? judged : { verdict: 'fail', why: gap };
}

/** The first, which is asked first, and the second, in a group; answers its id. */
async function createAccounts({ admin, simulator }: Bench, cell: Cell, id: string): Promise<string> {
  const [first, second] = [`${id}-a`, `${id}-b`];
  const faulty = withText(cell.stream ? cell.fault.step : (cell.fault.whole ?? cell.fault.step));
  await simulator.control([
    { key: first, default: faulty },
    { key: second, default: cell.reach === 'all' ? faulty : GOOD },
  ]);
  const ofFault = cell.fault.account?.(simulator.url) ?? {};
  const accounts = await Promise.all(
    [first, second].map((apiKey, index) =>
      admin.createAccount(cell.dialect.name, {
        name: apiKey,
        apiUrl: simulator.url,
        apiKey,
        accountType: 'group',
        priority: index + 1,
        ...(index === 0 || cell.reach === 'all' ? ofFault : {}),
      }),
    ),
  );
  const fields = { name: id, platform: cell.dialect.groupPlatform };
  const group = (await admin.request('POST', '/account-groups', fields)) as { id: string };
  const accountIds = accounts.map((account) => account.id);
  await admin.request('PUT', `/account-groups/${group.id}/members`, { accountIds });
  return group.id;
}

/** What the key was booked beside what is due; null = they agree. The store has it shortly behind the answer. */
async function findBookingGap(admin: AdminClient, keyId: string, due: number): Promise<string | null> {
  const giveUpAt = performance.now() + BOOKED_WITHIN_MS;
  for (;;) {
    const { total } = (await admin.request('GET', `/keys/${keyId}/stats`)) as { total: { requests: number } };
    if (total.requests === due) return null;
    if (performance.now() > giveUpAt) return `${total.requests} requests are booked, ${due} were answered`;
    await sleep(POLL_MS);
  }
}

function mustBeWhole({ fault: { hideable }, stream, reach }: Cell): boolean {
  if (hideable === 'is_an_answer') return true;
  if (reach === 'all') return false;
  return hideable === 'always' || (hideable === 'when_whole' && !stream) || (hideable === 'in_streams' && stream);
}

/** Faults in the middle of an answer must be in the middle of this one. */
function withText(step: Fault['step']): object {
  return typeof step === 'string' ? { preset: step, ...GOOD } : { ...GOOD, ...step };
}
