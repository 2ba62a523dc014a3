/** More of a text is no message. */
const MAX_READ_CHARS = 4096;

/**
 * The message in an upstream's error, however it is wrapped: the usual members of a JSON body, the text of a page without
 * its tags, else the text as it is. Empty where there are no words.
 */
export function upstreamWords(text: string): string {
  const parsed = parseJson(text);
  const message = parsed === undefined ? null : messageIn(parsed);
  return message ?? tidy(text.slice(0, MAX_READ_CHARS).replace(HIDDEN_PARTS, ' ').replace(TAGS, ' '));
}

const HIDDEN_PARTS = /<(script|style)\b[^<]*<\/\1>/gi;
const TAGS = /<[^<>]*>/g;

const tidy = (text: string): string => text.replace(/\s+/g, ' ').trim();

/** `{error:{message}}`, `{error:"..."}`, `{message}`, `{detail}`. */
function messageIn(value: unknown): string | null {
  if (typeof value === 'string') return value === '' ? null : value;
  if (typeof value !== 'object' || value === null) return null;
  const { error, message, detail } = value as Readonly<Record<string, unknown>>;
  return messageIn(error) ?? messageIn(message) ?? messageIn(detail);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
