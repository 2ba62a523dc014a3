import type { SimulatedUsage } from '../simulator/step.ts';
import { type AskedRequest, numberOf } from './storm-client.ts';

/** A line of the simulator's log, as far as it is read here. */
export interface UpstreamRequest {
  readonly number: number;
  readonly usage: SimulatedUsage | null;
  readonly usageStage: 'none' | 'start' | 'final';
  /** Epoch ms of the first figures. */
  readonly reportedAt: number | null;
}

/** A line of `usage:records:{keyId}`, as far as it is read here. */
export interface BookedRequest {
  readonly requestId: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheCreateTokens: number;
  readonly cacheReadTokens: number;
  /** Left out where the upstream does not split them. */
  readonly ephemeral5mTokens?: number;
  readonly ephemeral1hTokens?: number;
  readonly estimated?: boolean;
}

export interface StormFacts {
  readonly asked: readonly AskedRequest[];
  readonly upstream: readonly UpstreamRequest[];
  /** By the id of the key. */
  readonly booked: ReadonlyMap<string, readonly BookedRequest[]>;
  /** Epoch ms; null: the gateway was not killed, so that nothing may have been left open. */
  readonly killedAt: number | null;
  /** Figures that the upstream sent so shortly before the kill may not have been read any more. */
  readonly unheardMs: number;
  readonly finalOutputTokens: number;
}

export interface StormVerdict {
  /** Requests that their clients saw finished. */
  finished: number;
  /** Requests that had reached the upstream and whose clients saw no end. */
  open: number;
  booked: number;
  flagged: number;
  /** Booked with no tokens: nothing of the answer had been read. */
  unheard: number;
  /** The longest time by which figures that were not heard had been sent before the kill. */
  longestUnheardMs: number;
  /** Noted before they were sent, and killed in between. */
  unsent: number;
  lost: number;
  twice: number;
  /** One line for each fault; empty: the books are right. */
  readonly problems: string[];
}

const INPUT_FIELDS = [
  'inputTokens',
  'cacheCreateTokens',
  'cacheReadTokens',
  'ephemeral5mTokens',
  'ephemeral1hTokens',
] as const;

/** Holds the books against what the clients saw and what the upstream sent, request by request. */
export function judgeBooks(facts: StormFacts): StormVerdict {
  return new StormJudge(facts).judge();
}

class StormJudge {
  readonly #facts: StormFacts;
  readonly #verdict: StormVerdict = {
    finished: 0,
    open: 0,
    booked: 0,
    flagged: 0,
    unheard: 0,
    longestUnheardMs: 0,
    unsent: 0,
    lost: 0,
    twice: 0,
    problems: [],
  };
  readonly #sent: ReadonlyMap<number, UpstreamRequest>;

  constructor(facts: StormFacts) {
    this.#facts = facts;
    this.#sent = new Map(facts.upstream.map((request) => [request.number, request]));
  }

  judge(): StormVerdict {
    const { asked, booked } = this.#facts;
    const askedOf = Map.groupBy(asked, ({ keyId }) => keyId);
    for (const keyId of new Set([...askedOf.keys(), ...booked.keys()])) {
      this.#judgeKey(askedOf.get(keyId) ?? [], booked.get(keyId) ?? []);
    }
    return this.#verdict;
  }

  #judgeKey(asked: readonly AskedRequest[], records: readonly BookedRequest[]): void {
    const verdict = this.#verdict;
    verdict.booked += records.length;
    verdict.flagged += records.filter(({ estimated }) => estimated === true).length;
    this.#findTwice(records);
    const silent = records.filter((record) => tokensIn(record) === 0);
    const telling = Map.groupBy(
      records.filter((record) => tokensIn(record) > 0),
      (record) => numberOf(tokensIn(record)),
    );
    const unheard = asked.filter((one) => !this.#judgeRequest(one, telling.get(one.number)));
    for (const number of telling.keys()) {
      if (!asked.some((one) => one.number === number))
        this.#fault(`a booking that nobody asked for, by its tokens ${number}`);
    }
    this.#judgeSilent(asked, silent, unheard);
  }

  #findTwice(records: readonly BookedRequest[]): void {
    for (const [requestId, same] of Map.groupBy(records, (record) => record.requestId)) {
      if (same.length > 1) this.#twice(`${requestId} is booked ${same.length} times`, same.length - 1);
    }
  }

  /** False: it must be among the bookings that know no tokens. */
  #judgeRequest(one: AskedRequest, records: readonly BookedRequest[] = []): boolean {
    const sent = this.#sent.get(one.number);
    const [record] = records;
    const name = `request ${one.number} (${one.stream ? 'stream' : 'whole'}, ${one.requestId ?? 'no id'})`;
    const ids = new Set(records.map(({ requestId }) => requestId));
    if (ids.size > 1) this.#twice(`${name} is booked under ${[...ids].join(', ')}`, ids.size - 1);
    if (one.isWhole) this.#verdict.finished += 1;
    else if (sent !== undefined) this.#verdict.open += 1;
    if (sent === undefined) {
      if (record !== undefined || one.isWhole) this.#fault(`${name} has never reached the upstream`);
      return true;
    }
    if (record === undefined) return this.#judgeMissing(one, sent, name);
    const fault = one.isWhole ? this.#whyNotExact(one, sent, record) : this.#whyNotHonest(sent, record);
    if (fault !== null) this.#fault(`${name}: ${fault}`);
    return true;
  }

  #judgeMissing(one: AskedRequest, { reportedAt }: UpstreamRequest, name: string): boolean {
    if (one.hasBegun) {
      this.#verdict.lost += 1;
      this.#fault(`${name} is not booked, although its client has read of its answer`);
      return true;
    }
    const { killedAt, unheardMs } = this.#facts;
    if (killedAt === null || reportedAt === null) return false;
    const ms = killedAt - reportedAt;
    this.#verdict.longestUnheardMs = Math.max(this.#verdict.longestUnheardMs, ms);
    if (ms > unheardMs) this.#fault(`${name}: its input was sent ${ms} ms before the kill and is not known`);
    return false;
  }

  #whyNotExact(one: AskedRequest, { usage, usageStage }: UpstreamRequest, record: BookedRequest): string | null {
    if (usageStage !== 'final' || usage === null) return 'finished at its client, and not at the upstream';
    if (record.requestId !== one.requestId) return `booked as ${record.requestId}`;
    if (record.estimated === true) return 'finished, and flagged as estimated';
    return differenceOf(usage, record) ?? outputDifference(usage.outputTokens, record);
  }

  /** Of one whose client saw no end: exact, or flagged with the input and no more output than the answer has. */
  #whyNotHonest({ usage, usageStage }: UpstreamRequest, record: BookedRequest): string | null {
    if (usage === null) return 'booked with tokens that the upstream has not told';
    const input = differenceOf(usage, record);
    if (input !== null) return input;
    if (record.estimated !== true)
      return usageStage === 'final' ? outputDifference(usage.outputTokens, record) : 'open, and not flagged';
    if (this.#facts.killedAt === null) return 'flagged as estimated, although nothing was cut off';
    const isWithin = record.outputTokens >= 1 && record.outputTokens <= this.#facts.finalOutputTokens;
    return isWithin ? null : `${record.outputTokens} output tokens of ${this.#facts.finalOutputTokens}`;
  }

  #judgeSilent(
    asked: readonly AskedRequest[],
    silent: readonly BookedRequest[],
    unheard: readonly AskedRequest[],
  ): void {
    this.#verdict.unheard += silent.length;
    for (const { requestId, estimated, outputTokens } of silent) {
      if (estimated !== true || outputTokens > 0) this.#fault(`${requestId} has no input, and is not flagged`);
      const one = asked.find((each) => each.requestId === requestId);
      if (one?.hasBegun === true) this.#fault(`${requestId} has no input, although its client has read of its answer`);
    }
    const surplus = silent.length - unheard.length;
    if (surplus < 0) {
      this.#verdict.lost -= surplus;
      this.#fault(
        `${-surplus} of ${unheard.length} requests are not booked: ${unheard.map(({ number }) => number).join(', ')}`,
      );
    }
    if (surplus <= 0) return;
    const neverSent = asked.filter((one) => one.status === 0 && !this.#sent.has(one.number));
    this.#verdict.unsent += surplus;
    if (surplus > neverSent.length) {
      this.#twice(`${surplus} bookings without tokens, ${neverSent.length} requests that can be theirs`, surplus);
    }
  }

  #twice(problem: string, times: number): void {
    this.#verdict.twice += times;
    this.#fault(problem);
  }

  #fault(problem: string): void {
    this.#verdict.problems.push(problem);
  }
}

const tokensIn = (record: BookedRequest): number =>
  record.inputTokens + record.cacheCreateTokens + record.cacheReadTokens;

function differenceOf(usage: SimulatedUsage, record: BookedRequest): string | null {
  const field = INPUT_FIELDS.find((name) => usage[name] !== (record[name] ?? 0));
  return field === undefined ? null : `${field} ${record[field] ?? 0}, the upstream told ${usage[field]}`;
}

const outputDifference = (due: number, { outputTokens }: BookedRequest): string | null =>
  due === outputTokens ? null : `outputTokens ${outputTokens}, the upstream told ${due}`;
