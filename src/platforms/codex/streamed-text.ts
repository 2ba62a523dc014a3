import { asRecord, asText, type JsonRecord, parseJson } from '@crs/platform-kit';

/**
 * The generated text of a piece, with nothing escaped in it: then the matched bytes are the text's own. A quote inside a
 * string is escaped, so text cannot look like the member. This is nearly every piece; the others are parsed.
 */
const PLAIN_DELTA = /"delta"\s*:\s*"([^"\\]*)"/;
const PLAIN_CHUNK =
  /"delta"\s*:\s*\{(?:"role"\s*:\s*"assistant",\s*)?"content"\s*:\s*"([^"\\]*)"(?:,\s*"refusal"\s*:\s*null)?\s*\}/;
const CHUNK_TEXTS = ['content', 'refusal', 'reasoning', 'reasoning_content'] as const;

/** UTF-8 bytes of the text, summary or tool input in a `*.delta` event of the Responses API. */
export function deltaBytes(data: string): number {
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
    const texts = CHUNK_TEXTS.map((field) => delta[field]);
    const inputs = [...listOf(delta['tool_calls']), delta].flatMap((caller) => {
      const call = asRecord(caller);
      const { function: asked, function_call: older, custom } = call ?? {};
      return [asRecord(asked)?.['arguments'], asRecord(older)?.['arguments'], asRecord(custom)?.['input']];
    });
    return bytes + sumOf([...texts, asRecord(delta['audio'])?.['transcript'], ...inputs]);
  }, 0);
}

/** A choice of a chunk holds anything beside the role: then something was generated. */
export function saysSomething(choice: unknown): boolean {
  const delta = asRecord(asRecord(choice)?.['delta']) ?? {};
  return Object.entries(delta).some(([name, value]) => name !== 'role' && !isEmpty(value));
}

const isEmpty = (value: unknown): boolean =>
  value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);

const FINISHED_TEXTS = ['text', 'refusal', 'arguments', 'input', 'code', 'transcript'] as const;

/** UTF-8 bytes of the generated text in a finished item, a part of one, or the event that brings a text by itself. */
export function itemBytes(item: JsonRecord): number {
  const parts = [...listOf(item['content']), ...listOf(item['summary'])].map((part) => asRecord(part) ?? {});
  return [item, ...parts].reduce((bytes, part) => bytes + sumOf(FINISHED_TEXTS.map((field) => part[field])), 0);
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const sumOf = (texts: readonly unknown[]): number => texts.reduce<number>((sum, text) => sum + bytesOf(text), 0);

const bytesOf = (text: unknown): number => Buffer.byteLength(asText(text) ?? '');
