import { asRecord, asText, parseJson } from '@crs/platform-kit';

/** Sound comes as base64, which is no text; what is said in it comes as a transcript beside it. */
const NO_TEXT: ReadonlySet<string> = new Set(['response.audio.delta', 'response.output_audio.delta']);

/**
 * The generated text of a piece, with nothing escaped in it: then the matched bytes are the text's own. A quote inside a
 * string is escaped, so text cannot look like the member. This is nearly every piece; the others are parsed.
 */
const PLAIN_DELTA = /"delta"\s*:\s*"([^"\\]*)"/;
const PLAIN_CHUNK =
  /"delta"\s*:\s*\{(?:"role"\s*:\s*"assistant",\s*)?"content"\s*:\s*"([^"\\]*)"(?:,\s*"refusal"\s*:\s*null)?\s*\}/;
const CHUNK_TEXTS = ['content', 'refusal', 'reasoning', 'reasoning_content'] as const;

/** UTF-8 bytes of the text, summary or tool input in a `*.delta` event of the Responses API. */
export function deltaBytes(name: string, data: string): number {
  if (NO_TEXT.has(name)) return 0;
  return bytesOf(PLAIN_DELTA.exec(data)?.[1] ?? asRecord(parseJson(data))?.['delta']);
}

/** UTF-8 bytes of the text and tool input in a chunk of chat completions that holds nothing else; null: to be parsed. */
export function plainChunkBytes(data: string): number | null {
  const plain = PLAIN_CHUNK.exec(data)?.[1];
  return plain === undefined ? null : Buffer.byteLength(plain);
}

/** The same of a parsed chunk's `choices`. */
export function choiceBytes(choices: readonly unknown[]): number {
  return choices.reduce<number>((bytes, choice) => {
    const delta = asRecord(asRecord(choice)?.['delta']) ?? {};
    const calls = Array.isArray(delta['tool_calls']) ? (delta['tool_calls'] as readonly unknown[]) : [];
    const texts = CHUNK_TEXTS.map((field) => delta[field]);
    const inputs = calls.map((call) => asRecord(asRecord(call)?.['function'])?.['arguments']);
    return [...texts, ...inputs].reduce<number>((sum, text) => sum + bytesOf(text), bytes);
  }, 0);
}

const bytesOf = (text: unknown): number => Buffer.byteLength(asText(text) ?? '');
