import { randomUUID } from 'node:crypto';
import type { AdminClient } from '../../test/support/admin-client.ts';
import type { SimulatorProcess } from '../simulator-process.ts';
import { type Fault, TEXT } from './catalogue.ts';
import { call } from './client.ts';
import { judge, type Judged } from './judge.ts';

/** Which accounts have the fault. */
type Reach = 'first' | 'all';

export interface Cell {
  readonly fault: Fault;
  readonly stream: boolean;
  readonly reach: Reach;
}

export interface Bench {
  readonly admin: AdminClient;
  readonly gatewayUrl: string;
  readonly simulator: SimulatorProcess;
}

const MODEL = 'claude-sonnet-4-5';
const GOOD = { text: TEXT, deltaChars: 9 };
/** Longer than every bound of the gateway that is measured; whoever takes longer has none. */
const CLIENT_TIMEOUT_MS = 15_000;
const MAX_MS = 12_000;

/** One cell of the table: two accounts in a group of their own, a key bound to it, one request. */
export async function runCell(bench: Bench, cell: Cell): Promise<Judged> {
  const { admin, simulator } = bench;
  const id = randomUUID();
  const [first, second] = [`${id}-a`, `${id}-b`];
  const faulty = withText(cell.stream ? cell.fault.step : (cell.fault.whole ?? cell.fault.step));
  await simulator.control([
    { key: first, default: faulty },
    { key: second, default: cell.reach === 'all' ? faulty : GOOD },
  ]);
  const ofFault = cell.fault.account?.(simulator.url) ?? {};
  const accounts = await Promise.all(
    [first, second].map((apiKey, index) =>
      admin.createAccount('claude-console', {
        name: apiKey,
        apiUrl: simulator.url,
        apiKey,
        accountType: 'group',
        priority: index + 1,
        ...(index === 0 || cell.reach === 'all' ? ofFault : {}),
      }),
    ),
  );
  const groupId = await createGroup(
    admin,
    id,
    accounts.map((account) => account.id),
  );
  const { key } = await admin.createKey({ name: id, claudeConsoleAccountId: `group:${groupId}` });
  const answer = await call({
    url: `${bench.gatewayUrl}/api/v1/messages`,
    headers: { 'x-api-key': key, 'content-type': 'application/json', 'x-claude-code-session-id': id },
    body: JSON.stringify({
      model: MODEL,
      max_tokens: 64,
      stream: cell.stream,
      messages: [{ role: 'user', content: 'Hello' }],
    }),
    timeoutMs: CLIENT_TIMEOUT_MS,
  });
  return judge(answer, {
    stream: cell.stream,
    mustBeWhole: mustBeWhole(cell),
    refusal: cell.fault.hideable === 'never' ? (cell.fault.status ?? 400) : null,
    maxMs: MAX_MS,
  });
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

async function createGroup(admin: AdminClient, name: string, ids: readonly string[]): Promise<string> {
  const group = (await admin.request('POST', '/account-groups', { name, platform: 'claude' })) as { id: string };
  await admin.request('PUT', `/account-groups/${group.id}/members`, { accountIds: ids });
  return group.id;
}
