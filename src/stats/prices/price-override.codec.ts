import { plainToInstance } from 'class-transformer';
import { type ValidationError, validateSync } from 'class-validator';
import type { TokenPrices } from '../pricing/model-prices.js';
import { LONGEST_NAME } from '../pricing/price-book.js';
import type { PriceOverride } from '../pricing/price-override.js';
import { SetPriceDto } from './set-price.dto.js';

/** What is stored of one model. */
export interface StoredPrices {
  /** Oldest first, one per day at most. */
  readonly history: readonly PriceOverride[];
  /** ISO. */
  readonly updatedAt: string | null;
  readonly updatedBy: string | null;
}

/** Prices that were read and what is wrong with the rest, each in words that name the place. */
interface ReadPrices {
  readonly histories: ReadonlyMap<string, readonly PriceOverride[]>;
  readonly problems: readonly string[];
}

type Fields = Readonly<Record<string, unknown>>;

/** The fields of a change that was validated, by name. */
export type PriceChange = Readonly<Partial<SetPriceDto>>;

/** The prices of one day, changed: only what is given; null when input or output is neither given nor known. */
export function changedPrice(
  before: PriceOverride | null,
  change: PriceChange,
  from: string | null,
): PriceOverride | null {
  const input = change.input ?? before?.input;
  const output = change.output ?? before?.output;
  if (input === undefined || output === undefined) return null;
  const keep = <T>(given: T | null | undefined, known: T | null | undefined): T | null =>
    given === undefined ? (known ?? null) : given;
  return {
    from,
    input,
    output,
    cacheWrite: keep(change.cacheWrite, before?.cacheWrite),
    cacheWrite1h: keep(change.cacheWrite1h, before?.cacheWrite1h),
    cacheRead: keep(change.cacheRead, before?.cacheRead),
    longContext: keep(
      change.longContext === undefined ? undefined : toLongContext(change.longContext),
      before?.longContext,
    ),
    fastMultiplier: keep(change.fastMultiplier, before?.fastMultiplier),
    priorityMultiplier: keep(change.priorityMultiplier, before?.priorityMultiplier),
  };
}

/** The history with another entry, in the place of the one of the same day. */
export const withPrice = (history: readonly PriceOverride[], price: PriceOverride): readonly PriceOverride[] =>
  [...history.filter(({ from }) => from !== price.from), price].sort(byDay);

/** Texts of days sort as days do, and "since ever" comes before all of them. */
const byDay = (a: PriceOverride, b: PriceOverride): number => ((a.from ?? '') < (b.from ?? '') ? -1 : 1);

/** Null when the text cannot be read: what is stored is then left alone. */
export function decodeStoredPrices(text: string): StoredPrices | null {
  const stored = parseObject(text);
  const { histories, problems } = readHistories({ model: stored?.['history'] });
  const history = histories.get('model');
  if (stored === null || history === undefined || problems.length > 0) return null;
  return { history, updatedAt: textOrNull(stored['updatedAt']), updatedBy: textOrNull(stored['updatedBy']) };
}

export const encodeStoredPrices = (stored: StoredPrices): string => JSON.stringify(stored);

/** A file of prices: an object with a price, or a list of prices by day, for each model. */
export function readPriceFile(text: string): ReadPrices {
  const models = parseObject(text);
  if (models !== null) return readHistories(models);
  return { histories: new Map(), problems: ['it is no JSON object with a price, or a list of prices, for each model'] };
}

function readHistories(models: Fields): ReadPrices {
  const histories = new Map<string, readonly PriceOverride[]>();
  const problems: string[] = [];
  for (const [model, value] of Object.entries(models)) {
    const refused = nameProblem(model);
    if (refused !== null) {
      problems.push(refused);
      continue;
    }
    const entries: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (entries.length === 0) problems.push(`${model}: no price is given`);
    const read = entries.map(readPrice);
    problems.push(
      ...read.flatMap((price, i) => (typeof price === 'string' ? [`${model}, price ${i + 1}: ${price}`] : [])),
    );
    const history = read.filter((price) => typeof price !== 'string').sort(byDay);
    if (new Set(history.map(({ from }) => from)).size < history.length)
      problems.push(`${model}: two prices begin on the same day`);
    histories.set(model, history);
  }
  return { histories, problems };
}

/** What is wrong with the name of a model; null = nothing. */
export function nameProblem(model: string): string | null {
  if (model.trim() === '' || model !== model.trim())
    return `the name of a model is empty or has blanks around it: "${model}"`;
  return model.length > LONGEST_NAME ? `the name of a model has more than ${LONGEST_NAME} characters` : null;
}

/** A text says what is wrong. */
function readPrice(value: unknown): PriceOverride | string {
  const fields = toObject(value);
  if (fields === null) return 'it must be an object with input and output';
  const dto = plainToInstance(SetPriceDto, fields);
  const [refused] = validateSync(dto, { whitelist: true, forbidNonWhitelisted: true }).flatMap((error) =>
    messagesOf(error),
  );
  if (refused !== undefined) return refused;
  return changedPrice(null, dto, dto.from ?? null) ?? 'input and output are required';
}

function messagesOf({ property, constraints = {}, children = [] }: ValidationError): string[] {
  const own = Object.entries(constraints).map(([rule, text]) =>
    rule === 'whitelistValidation' ? `${property} is not a known field` : text,
  );
  return [...own, ...children.flatMap(messagesOf)];
}

function toLongContext(dto: SetPriceDto['longContext']): PriceOverride['longContext'] {
  if (dto === null || dto === undefined) return null;
  const { input, output, cacheWrite = null, cacheWrite1h = null, cacheRead = null } = dto.prices;
  const prices: TokenPrices = { input, output, cacheWrite, cacheWrite1h, cacheRead };
  return { aboveTokens: dto.aboveTokens, prices };
}

function parseObject(text: string): Fields | null {
  try {
    return toObject(JSON.parse(text));
  } catch {
    return null;
  }
}

const toObject = (value: unknown): Fields | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null;

const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null);
