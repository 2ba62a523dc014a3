import { keys } from '@crs/store';
import type { CostDifference, FieldDifference } from './migration-report.js';
import { pairsOf, type StoredValue } from './stored-value.js';

const RECORD = /^apikey:([^:]+)$/;
const COST_OF_DAY = /^usage:cost:daily:([^:]+):(\d{4}-\d{2}-\d{2})$/;
/** They change with each request and say nothing about a setting. */
const NO_SETTINGS: ReadonlySet<string> = new Set(['lastUsedAt', 'updatedAt']);
const SECRETS: ReadonlySet<string> = new Set(['apiKey']);
const HIDDEN = '(hidden)';
const SHOWN_CHARACTERS = 80;

/** The id of a client key whose record this is. */
export const apiKeyIdOf = (key: string): string | null =>
  key === keys.apiKey.hashMap ? null : (RECORD.exec(key)?.[1] ?? null);

export const fieldsOf = (value: StoredValue | null): ReadonlyMap<string, string> =>
  new Map(value?.type === 'hash' ? pairsOf(value.parts) : []);

/** The settings in which two records differ; secrets are not shown. */
export function differingFields(source: StoredValue | null, target: StoredValue | null): FieldDifference[] {
  const [after, before] = [fieldsOf(source), fieldsOf(target)];
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((field) => !NO_SETTINGS.has(field) && before.get(field) !== after.get(field))
    .map((field) => ({ field, before: shown(field, before.get(field)), after: shown(field, after.get(field)) }));
}

function shown(field: string, text: string | undefined): string | null {
  if (text === undefined) return null;
  if (SECRETS.has(field)) return HIDDEN;
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}...` : text;
}

/** What one client key spent in one day, on both sides; null when the key of the database says something else. */
export function costOf(key: string, source: StoredValue | null, target: StoredValue | null): CostDifference | null {
  const [, keyId, day] = COST_OF_DAY.exec(key) ?? [];
  if (keyId === undefined || day === undefined) return null;
  return { keyId, day, source: usdOf(source), target: usdOf(target) };
}

function usdOf(value: StoredValue | null): number {
  const usd = value?.type === 'string' ? Number(value.parts[0]) : 0;
  return Number.isFinite(usd) ? usd : 0;
}
