/** How single values stand in v1's hashes, and what is made of a text that is missing or cannot be read. */

export const textOf = (text: string | undefined): string => text ?? '';

export function countOf(text: string | undefined, fallback: number): number {
  const value = Number.parseInt(textOf(text), 10);
  return Number.isSafeInteger(value) && value >= 0 ? value : fallback;
}

export function amountOf(text: string | undefined): number {
  const value = Number.parseFloat(textOf(text));
  return Number.isFinite(value) && value >= 0 ? value : 0;
}

/** A number outside its range is the fallback. */
export function countWithin(text: string | undefined, min: number, max: number, fallback: number): number {
  const value = countOf(text, fallback);
  return value >= min && value <= max ? value : fallback;
}

export function flagOf(text: string | undefined, fallback: boolean): boolean {
  return text === undefined || text === '' ? fallback : text === 'true';
}

/** A text that is no date is no date: v1 compares with it, which is never true. */
export function dateOf(text: string | undefined): Date | null {
  const date = new Date(textOf(text));
  return Number.isNaN(date.getTime()) ? null : date;
}

export const dateText = (date: Date | null): string => (date === null ? '' : date.toISOString());

export function listOf(text: string | undefined): readonly string[] {
  const parsed = jsonOf(text);
  return Array.isArray(parsed) ? parsed.filter((member): member is string => typeof member === 'string') : [];
}

export function jsonOf(text: string | undefined): unknown {
  try {
    return JSON.parse(textOf(text)) as unknown;
  } catch {
    return null;
  }
}
