import type { Told } from './figures-compared.js';

/** What one entry of a key's list of records tells. */
export interface BookedRecord {
  readonly atMs: number;
  /** Records of old versions have none. */
  readonly requestId: string | null;
  readonly told: Told;
}

/** Null: no record. */
export function readRecord(text: string): BookedRecord | null {
  const record = parse(text);
  if (record === null) return null;
  const atMs = typeof record['timestamp'] === 'string' ? Date.parse(record['timestamp']) : Number.NaN;
  if (Number.isNaN(atMs)) return null;
  const read = (name: string): number => numberOf(record[name]);
  const requestId = record['requestId'];
  return {
    atMs,
    requestId: typeof requestId === 'string' && requestId !== '' ? requestId : null,
    told: {
      requests: 1,
      inputTokens: read('inputTokens'),
      outputTokens: read('outputTokens'),
      cacheCreateTokens: read('cacheCreateTokens'),
      cacheReadTokens: read('cacheReadTokens'),
      allTokens: read('totalTokens'),
      costUsd: read('cost'),
    },
  };
}

const numberOf = (value: unknown): number => {
  if (value === undefined || value === null) return 0;
  return typeof value === 'number' ? value : Number.NaN;
};

function parse(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : null;
  } catch {
    return null;
  }
}
