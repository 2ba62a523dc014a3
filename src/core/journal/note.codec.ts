import type { Settlement, UsageReport, WastedAttempt } from '@crs/extension-api';
import {
  isBatchNumber,
  isKnownInput,
  isReport,
  isSettlement,
  isText,
  isWastes,
  listOf,
  type Plain,
} from './note-shape.js';
import type { KnownInput } from './request-journal.js';

/** What a line of a journal says. */
export type Note =
  | { readonly kind: 'version' }
  | { readonly kind: 'dispatched'; readonly report: UsageReport; readonly waste: readonly WastedAttempt[] }
  | { readonly kind: 'input'; readonly requestId: string; readonly input: KnownInput }
  | { readonly kind: 'settled'; readonly settlement: Settlement }
  | { readonly kind: 'batch'; readonly number: number; readonly requestIds: readonly string[] }
  | { readonly kind: 'confirmed'; readonly number: number };

/** Lines of a journal: a JSON array, its tag first, and a newline. */
export const encodeDispatched = (report: UsageReport, waste: readonly WastedAttempt[] = []): string =>
  waste.length === 0 ? line('d', report) : line('d', report, waste);
export const encodeInput = (requestId: string, input: KnownInput): string => line('i', requestId, input);
export const encodeSettled = (settlement: Settlement): string => line('s', settlement);
export const encodeBatch = (number: number, requestIds: readonly string[]): string => line('b', number, requestIds);
export const encodeConfirmed = (number: number): string => line('c', number);

const line = (...parts: readonly unknown[]): string => `${JSON.stringify(parts)}\n`;

/** Of this form of lines. A version that changes what they mean must raise it: what it writes is then kept, not guessed. */
const VERSION = 1;
/** The first line of each segment. */
export const VERSION_LINE = line('v', VERSION);

/** What the line (without its newline) says; null when it is none of a journal, or not whole. */
export function decodeNote(text: string): Note | null {
  const parts = parse(text);
  if (!Array.isArray(parts)) return null;
  const [tag, first, second] = parts as readonly unknown[];
  switch (tag) {
    case 'v':
      return first === VERSION ? { kind: 'version' } : null;
    case 'd':
      return dispatchedOf(first, second ?? []);
    case 'i':
      return isText(first) && isKnownInput(second) ? { kind: 'input', requestId: first, input: second } : null;
    case 's':
      return isSettlement(first) ? { kind: 'settled', settlement: toSettlement(first) } : null;
    case 'b':
      return isBatchNumber(first) && isIds(second) ? { kind: 'batch', number: first, requestIds: second } : null;
    case 'c':
      return isBatchNumber(first) ? { kind: 'confirmed', number: first } : null;
    default:
      return null;
  }
}

const isIds = listOf(isText);

function dispatchedOf(report: unknown, waste: unknown): Note | null {
  if (!isReport(report) || !isWastes(waste)) return null;
  return { kind: 'dispatched', report: toReport(report), waste: waste.map(toAttempt) };
}

const toAttempt = (attempt: Plain<WastedAttempt>): WastedAttempt => ({ ...attempt, at: new Date(attempt.at) });

const toReport = (report: Plain<UsageReport>): UsageReport => ({ ...report, at: new Date(report.at) });

const toSettlement = ({ requestId, record, waste }: Plain<Settlement>): Settlement => ({
  requestId,
  record: record && { ...record, report: toReport(record.report) },
  waste: waste.map(({ attempt, real }) => ({ attempt: toAttempt(attempt), real })),
});

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
