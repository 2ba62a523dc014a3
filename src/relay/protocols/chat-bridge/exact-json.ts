/** As far as the compiler's library does not know it yet. */
interface Json {
  readonly parse: (
    text: string,
    reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
  ) => unknown;
  /** What `JSON.stringify` writes as this text. */
  readonly rawJSON: (text: string) => unknown;
}

const { parse, rawJSON } = JSON as unknown as Json;

/**
 * The value of a JSON text that is only written again: numbers keep their text, also those that JavaScript cannot hold, such
 * as ids of twenty digits. Undefined for what is no JSON.
 */
export function parseExactly(text: string): unknown {
  try {
    return parse(text, (_, value, { source }) =>
      typeof value === 'number' && source !== undefined && source !== JSON.stringify(value) ? rawJSON(source) : value,
    );
  } catch {
    return undefined;
  }
}
