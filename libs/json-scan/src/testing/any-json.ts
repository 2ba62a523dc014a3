import fc from 'fast-check';

/** The same value, as text that another writer might make: white space anywhere, any character of a string escaped. */
function write(value: unknown, spaces: () => string, escape: (unit: string) => string): string {
  const pad = (text: string): string => spaces() + text + spaces();
  const inner = (item: unknown): string => write(item, spaces, escape);
  const text = (from: string): string => `"${from.split('').map(escape).join('')}"`;
  if (typeof value === 'string') return pad(text(value));
  if (Array.isArray(value)) return pad(`[${value.map(inner).join(',')}]`);
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).map(([name, item]) => `${pad(text(name))}:${inner(item)}`);
    return pad(`{${members.join(',')}}`);
  }
  return pad(JSON.stringify(value));
}

const jsonObject = fc.dictionary(
  fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }), fc.constantFrom('model', '__proto__', '')),
  fc.jsonValue({ stringUnit: 'binary' }),
  { noNullPrototype: false },
);
/** A JSON object as bytes, in one of the many ways in which it can be written. */
export const written = fc.tuple(jsonObject, fc.infiniteStream(fc.nat(9))).map(([value, choices]) => {
  const choose = (): number => Number(choices.next().value);
  const spaces = (): string => ['', '', '', '', '', ' ', '\n\t', '\r\n', '  ', ' '][choose()] ?? '';
  const escape = (unit: string): string =>
    choose() === 0 ? `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}` : JSON.stringify(unit).slice(1, -1);
  return Buffer.from(write(value, spaces, escape));
});
/** Undefined for what is no JSON. */
export function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
