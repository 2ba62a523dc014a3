import type { Endpoint, SimulatedUsage } from '../../test/support/simulator/step.ts';

/** A line of the simulator's log, as far as it is read here. */
export interface SimulatedRequest {
  readonly endpoint: Endpoint;
  readonly headers: Readonly<Record<string, string>>;
  readonly outcome: string;
  readonly events: number;
  readonly usage: SimulatedUsage | null;
  readonly usageStage: 'none' | 'start' | 'final';
}

/** What the gateway says of a key and of all accounts together. */
export interface Books {
  readonly requests: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly estimatedRequests: number;
  readonly wastedRequests: number;
  readonly wastedTokens: number;
}

/**
 * A stream has reached its client when its first piece of text was sent: behind `message_start` and the block's start; of
 * Responses behind the answer's two opening events, the item and its part.
 */
const EVENTS_BEFORE_TEXT: Readonly<Partial<Record<Endpoint, number>>> = { messages: 2, responses: 4 };

const hasBegun = ({ endpoint, events }: SimulatedRequest): boolean =>
  events > (EVENTS_BEFORE_TEXT[endpoint] ?? Number.POSITIVE_INFINITY);

/** What the ledger says beside what the upstream reported; empty = they agree. */
export function findLedgerGaps(log: readonly SimulatedRequest[], books: Books): string[] {
  const finished = log.filter(({ outcome, usageStage }) => outcome === 'finished' && usageStage === 'final');
  const ended = log.filter(({ outcome }) => outcome !== 'finished');
  // Broken behind the commit point: the client saw a part.
  const broken = ended.filter(hasBegun);
  // message_start says what it cost at least; of Responses nothing is told before the end.
  const wasted = ended.filter((request) => request.usageStage === 'start' && !hasBegun(request));
  const due = [...finished, ...broken];
  const leastOutput = sum(finished, (usage) => usage.outputTokens);
  const differences: readonly (readonly [what: string, booked: number, reported: number])[] = [
    ['requests', books.requests, due.length],
    ['input tokens', books.inputTokens, sum(due, (usage) => usage.inputTokens) + guessedInput(broken)],
    ['requests with a floor of their figures', books.estimatedRequests, broken.length],
    ['wasted attempts', books.wastedRequests, wasted.length],
    ['wasted tokens', books.wastedTokens, sum(wasted, allTokensOf)],
  ];
  return [
    ...differences
      .filter(([, booked, reported]) => booked !== reported)
      .map(([what, booked, reported]) => `${what}: ${booked} are booked, ${reported} were reported`),
    ...(books.outputTokens < leastOutput
      ? [`output tokens: ${books.outputTokens} are booked, at least ${leastOutput} were reported`]
      : []),
  ];
}

/** Content came, and its input would have been told behind it: booked by the length of the request. */
const guessedInput = (broken: readonly SimulatedRequest[]): number =>
  broken
    .filter(({ usageStage }) => usageStage === 'none')
    .reduce((tokens, { headers }) => tokens + Math.ceil(Number(headers['content-length']) / 4), 0);

const allTokensOf = (usage: SimulatedUsage): number =>
  usage.inputTokens + usage.outputTokens + usage.cacheCreateTokens + usage.cacheReadTokens;

const sum = (requests: readonly SimulatedRequest[], of: (usage: SimulatedUsage) => number): number =>
  requests.reduce((total, { usage }) => total + (usage === null ? 0 : of(usage)), 0);
