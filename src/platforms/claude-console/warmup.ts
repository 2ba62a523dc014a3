import type { LocalAnswer, RelayRequest } from '@crs/extension-api';
import { encodeSse } from '@crs/sse';
import { asRecord, asText, type JsonRecord, parseJson } from '@crs/platform-kit';

/** What Claude Code asks for is small; a longer request is a conversation and is not looked into. */
const MAX_BYTES = 256 * 1024;

/** The whole text of the request by which Claude Code warms up the upstream's cache. */
const WARMUP_TEXT = 'Warmup';
/** What the requests for a conversation's title say: to the model, in the user's name or in the system's. */
const USER_TITLE_TEXT = 'Please write a 5-10 word title for the following conversation:';
const SYSTEM_TITLE_TEXT =
  'nalyze if this message indicates a new conversation topic. If it does, extract a 2-3 word title';
const TEXTS = [WARMUP_TEXT, USER_TITLE_TEXT, SYSTEM_TITLE_TEXT];

/** Claude Code puts blocks of its own before what the user says. */
const REMINDER = '<system-reminder>';

const ANSWER_TEXT = 'New Conversation';
const INPUT_TOKENS = 10;
const OUTPUT_TOKENS = 2;

/**
 * The answer to a warm-up or title request of Claude Code, which is worth no upstream; null for every other request.
 * Nothing but the endpoint and the body decides, and what cannot be read is none of these.
 */
export function answerWarmup(request: RelayRequest): LocalAnswer | null {
  const { body, endpoint } = request;
  if (endpoint !== 'messages' || body.length > MAX_BYTES) return null;
  if (!TEXTS.some((text) => body.includes(text))) return null;
  const asked = asRecord(parseJson(body.toString('utf8')));
  if (asked === null || !(isWarmup(asked) || isTitleRequest(asked))) return null;
  return request.stream ? streamed(request) : whole(request);
}

/** The last user message consists of this one text. */
function isWarmup({ messages }: JsonRecord): boolean {
  const texts = lastUserTexts(messages)?.filter((text) => !text.startsWith(REMINDER));
  return texts?.length === 1 && texts[0] === WARMUP_TEXT;
}

/** A title is asked for without tools; a conversation that merely speaks of such a request has some. */
function isTitleRequest({ messages, system, tools }: JsonRecord): boolean {
  if (Array.isArray(tools) && tools.length > 0) return false;
  const userTexts = lastUserTexts(messages);
  if (userTexts === null) return false;
  return (
    userTexts.some((text) => text.includes(USER_TITLE_TEXT)) ||
    (textsOf(system) ?? []).some((text) => text.includes(SYSTEM_TITLE_TEXT))
  );
}

/** The texts of the last message, if it is the user's and nothing but text. */
function lastUserTexts(messages: unknown): readonly string[] | null {
  if (!Array.isArray(messages)) return null;
  const last = asRecord(messages.findLast((message) => asRecord(message)?.['role'] !== 'system'));
  return last?.['role'] === 'user' ? textsOf(last['content']) : null;
}

/** A text, or the texts of its blocks; null where something else than text is among them. */
function textsOf(content: unknown): readonly string[] | null {
  if (typeof content === 'string') return [content];
  if (!Array.isArray(content)) return null;
  const texts = content.map((part: unknown) => {
    const block = asRecord(part);
    return block?.['type'] === 'text' ? asText(block['text']) : null;
  });
  return texts.every((text) => text !== null) ? texts : null;
}

/** The id is that of the request, so that it is a new one each time. */
const messageOf = ({ id, model }: RelayRequest): JsonRecord => ({
  id: `msg_${id.replace(/^req_/, '')}`,
  type: 'message',
  role: 'assistant',
  model,
});

function whole(request: RelayRequest): LocalAnswer {
  const message = {
    ...messageOf(request),
    content: [{ type: 'text', text: ANSWER_TEXT }],
    stop_reason: 'end_turn',
    stop_sequence: null,
    usage: { input_tokens: INPUT_TOKENS, output_tokens: OUTPUT_TOKENS },
  };
  return { status: 200, headers: { 'content-type': 'application/json' }, body: Buffer.from(JSON.stringify(message)) };
}

function streamed(request: RelayRequest): LocalAnswer {
  const usage = { input_tokens: INPUT_TOKENS, output_tokens: 0 };
  const message = { ...messageOf(request), content: [], stop_reason: null, stop_sequence: null, usage };
  const events: readonly JsonRecord[] = [
    { type: 'message_start', message },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: ANSWER_TEXT } },
    { type: 'content_block_stop', index: 0 },
    {
      type: 'message_delta',
      delta: { stop_reason: 'end_turn', stop_sequence: null },
      usage: { output_tokens: OUTPUT_TOKENS },
    },
    { type: 'message_stop' },
  ];
  const body = Buffer.concat(
    events.map((event) => encodeSse({ event: String(event['type']), data: JSON.stringify(event) })),
  );
  return { status: 200, headers: { 'content-type': 'text/event-stream; charset=utf-8' }, body };
}
