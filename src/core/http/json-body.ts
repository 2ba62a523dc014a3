import { BadRequestException, UnsupportedMediaTypeException } from '@nestjs/common';

/** Deeper than any request of the API; what follows (validation, transformation) walks a body recursively. */
const MAX_DEPTH = 32;
/** Far more than any request of the API has; what follows takes a time that grows with the square of their number. */
const MAX_PROPERTIES = 2000;

/**
 * The JSON object in a request body; an empty body is an empty object.
 *
 * @throws UnsupportedMediaTypeException when there is a body that does not call itself JSON.
 * @throws BadRequestException when it is not UTF-8, not JSON, not an object, nested too deeply, has more than 2000
 *   properties and items in all, or names a property `__proto__` or `constructor`. Never quotes the body: the message
 *   may be logged and a body may hold a password.
 */
export function parseJsonBody(contentType: string | undefined, body: Buffer): Record<string, unknown> {
  if (body.length === 0) return {};
  if (!isJson(contentType)) throw new UnsupportedMediaTypeException('Send the body as application/json.');
  const value = parse(decode(body));
  if (!isObject(value) || Array.isArray(value)) throw new BadRequestException('The body must be a JSON object.');
  refuseUnsafe(value, 0, 0);
  return value;
}

function isJson(contentType: string | undefined): boolean {
  return /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(contentType?.trim() ?? '');
}

function decode(body: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch (error) {
    throw new BadRequestException('The body is not valid UTF-8.', { cause: error });
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new BadRequestException(`The body is not valid JSON${whereIn(error)}.`);
  }
}

/** ` at position 17 (line 2 column 3)` where the engine says so. */
function whereIn(error: unknown): string {
  const place = /at position \d+(?: \(line \d+ column \d+\))?/.exec(String(error));
  return place ? ` ${place[0]}` : '';
}

/** Gives how many properties were counted so far, with those of `value`. */
function refuseUnsafe(value: Record<string, unknown>, depth: number, before: number): number {
  if (depth > MAX_DEPTH) throw new BadRequestException('The body is nested too deeply.');
  const names = Object.keys(value);
  let count = before + names.length;
  if (count > MAX_PROPERTIES) {
    throw new BadRequestException(`The body has more than ${MAX_PROPERTIES} properties and items in all.`);
  }
  for (const key of names) {
    const child = value[key];
    // The validation that follows leaves both out without a word, or builds an object by the second.
    if (key === '__proto__' || key === 'constructor') {
      throw new BadRequestException(`The body names the forbidden property ${key}.`);
    }
    if (isObject(child)) count = refuseUnsafe(child, depth + 1, count);
  }
  return count;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
