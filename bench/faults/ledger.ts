import type { SimulatedUsage } from '../../test/support/simulator/step.ts';

/** A line of the simulator's log, as far as it is read here. */
export interface SimulatedRequest {
  readonly outcome: string;
  readonly events: number;
  readonly usage: SimulatedUsage | null;
  readonly usageStage: 'none' | 'start' | 'final';
}

/** A stream has reached its client when its first piece of text was sent: behind `message_start` and the block's start. */
const EVENTS_BEFORE_TEXT = 2;

/** What the ledger says beside what the upstream reported; null = they agree. */
export function findLedgerGap(
  log: readonly SimulatedRequest[],
  booked: Readonly<Record<string, number>>,
): string | null {
  const finished = log.filter(({ outcome, usageStage }) => outcome === 'finished' && usageStage === 'final');
  // Broken behind the commit point: the client saw a part, and message_start says what it cost at least.
  const broken = log.filter(
    ({ outcome, usageStage, events }) =>
      outcome !== 'finished' && usageStage === 'start' && events > EVENTS_BEFORE_TEXT,
  );
  const due = [...finished, ...broken];
  const input = sum(due, (usage) => usage.inputTokens);
  const leastOutput = sum(finished, (usage) => usage.outputTokens);
  const { requests = 0, inputTokens = 0, outputTokens = 0 } = booked;
  if (requests !== due.length) return `${requests} requests are booked, ${due.length} were answered`;
  if (inputTokens !== input) return `${inputTokens} input tokens are booked, ${input} were reported`;
  if (outputTokens < leastOutput)
    return `${outputTokens} output tokens are booked, at least ${leastOutput} were reported`;
  return null;
}

const sum = (requests: readonly SimulatedRequest[], of: (usage: SimulatedUsage) => number): number =>
  requests.reduce((total, { usage }) => total + (usage === null ? 0 : of(usage)), 0);
