/** A key on one side, as the decision needs it. */
export interface KeyState {
  readonly fingerprint: string;
  /** Epoch ms; null = it lives for ever. */
  readonly endsAt: number | null;
  /** ISO date of the last use or change, which the fingerprint leaves out; not there = it says nothing. */
  readonly usedAt?: string | undefined;
}

export interface KeyQuestion {
  readonly source: KeyState | null;
  readonly target: KeyState | null;
  /** What both sides had when the key was last carried; null = it never was. */
  readonly remembered: KeyState | null;
  /** Epoch ms. */
  readonly now: number;
}

/**
 * - `none`: nothing to do, and nothing to remember.
 * - `same`: equal and known to be. `adopt`: equal, to be remembered.
 * - `add`, `change`: written as the source has it. `renew`: the same value lives longer, or was used later, at the source; written,
 *   too.
 * - `remove`: deleted at the source, so at the target. `forget`: gone; not remembered any more.
 * - `keep`: only the target has changed. `conflict`: both have.
 */
export type KeyAction =
  'none' | 'same' | 'adopt' | 'add' | 'change' | 'renew' | 'remove' | 'forget' | 'keep' | 'conflict';

/** Ends of lives are read at different moments by different clocks; less than this is no difference. */
const SLACK_MS = 60_000;

/** What is to be done with one key. Pure. */
export function decideKey({ source, target, remembered, now }: KeyQuestion): KeyAction {
  if (source === null) return remembered === null ? 'none' : decideGone(target, remembered, now);
  if (target === null) return decideAbsent(source, remembered, now);
  if (source.fingerprint === target.fingerprint) return decideEqual(source, target, remembered);
  if (remembered?.fingerprint === target.fingerprint) return 'change';
  return remembered?.fingerprint === source.fingerprint ? 'keep' : 'conflict';
}

/** The source has it no more: it was deleted there, unless its time was over. */
function decideGone(target: KeyState | null, remembered: KeyState, now: number): KeyAction {
  if (target === null || isOver(remembered, now)) return 'forget';
  return target.fingerprint === remembered.fingerprint ? 'remove' : 'conflict';
}

/** The target does not have it: it never did, or it was deleted there, unless its time was over. */
function decideAbsent(source: KeyState, remembered: KeyState | null, now: number): KeyAction {
  if (remembered === null || isOver(remembered, now)) return 'add';
  return remembered.fingerprint === source.fingerprint ? 'keep' : 'conflict';
}

function decideEqual(source: KeyState, target: KeyState, remembered: KeyState | null): KeyAction {
  if (isLater(source.usedAt, target.usedAt)) return 'renew';
  if (livesLonger(source, target) && (remembered === null || livesLonger(source, remembered))) return 'renew';
  return remembered?.fingerprint === source.fingerprint ? 'same' : 'adopt';
}

const isOver = ({ endsAt }: KeyState, now: number): boolean => endsAt !== null && endsAt <= now + SLACK_MS;

const isLater = (left = '', right = ''): boolean => left > right;

const livesLonger = (left: KeyState, right: KeyState): boolean =>
  right.endsAt !== null && (left.endsAt === null || left.endsAt > right.endsAt + SLACK_MS);
