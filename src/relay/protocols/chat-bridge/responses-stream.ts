import type { RelayRequest, StreamEvent } from '@crs/extension-api';
import { asRecord, asText, type JsonRecord, parseJson } from '@crs/platform-kit';
import type { StreamTranslator } from '../../endpoint.js';
import { eventName } from '../event-name.js';
import { responses } from '../responses.js';
import { ChatStream, encodeChatErrorEvent } from './chat-answer.js';
import { chatCompletions } from './chat-completions.protocol.js';
import {
  isCall,
  itemsOf,
  type Said,
  SUMMARY_BREAK,
  textOf,
  toChatUsage,
  toFinishReason,
  toToolCall,
} from './responses-answer.js';
import { type ToldItem, ToldItems } from './told-items.js';

const NOTHING = Buffer.alloc(0);
const EMPTY: JsonRecord = {};

/** The kinds of pieces that a chat can be told, by their events. */
const PIECES: ReadonlyMap<string, Said | 'arguments'> = new Map<string, Said | 'arguments'>([
  ['response.output_text.delta', 'content'],
  ['response.refusal.delta', 'refusal'],
  ['response.reasoning_summary_text.delta', 'reasoning'],
  ['response.function_call_arguments.delta', 'arguments'],
]);

/** Of which kind an item is whose piece comes before it. */
const KINDS = { content: 'message', refusal: 'message', reasoning: 'reasoning', arguments: 'function_call' } as const;

/**
 * Tells a stream of the Responses protocol as a chat. Pieces are told as they come; what an item or the whole response
 * holds at its end beyond them, is told then: some upstreams send no pieces.
 */
export class ResponsesStream implements StreamTranslator {
  private readonly chat: ChatStream;
  private readonly items = new ToldItems();
  private callCount = 0;
  private hasEnded = false;

  /** @param request the client's */
  constructor(request: RelayRequest, includeUsage: boolean) {
    this.chat = new ChatStream(request, includeUsage);
  }

  translate(event: StreamEvent): Buffer {
    if (this.hasEnded) return NOTHING;
    const name = eventName(event);
    const kind = responses.kindOf(event);
    if (kind === 'ping') return chatCompletions.pingEvent;
    if (kind === 'error') return this.fail(event);
    const data = asRecord(parseJson(event.data)) ?? EMPTY;
    if (kind === 'final') return this.finish(asRecord(data['response']) ?? EMPTY, name);
    const piece = PIECES.get(name);
    if (piece !== undefined) return this.tellPiece(piece, data);
    if (name === 'response.output_item.added') this.items.begin(indexOf(data), itemOf(data));
    if (name === 'response.output_item.done') return this.endItem(data);
    return name === 'response.created' ? this.chat.open() : NOTHING;
  }

  private tellPiece(kind: Said | 'arguments', data: JsonRecord): Buffer {
    const delta = asText(data['delta']);
    const item = this.items.find(indexOf(data), { id: data['item_id'], type: KINDS[kind] });
    if (delta === null) return NOTHING;
    if (kind === 'arguments')
      return asText(item.begun['name']) === null ? NOTHING : this.tellArguments(item, item.begun, delta);
    if (kind !== 'reasoning') return this.tell(item, kind, delta);
    const ended = typeof data['summary_index'] === 'number' ? data['summary_index'] : item.parts;
    const breaks = SUMMARY_BREAK.repeat(Math.max(0, ended - item.parts));
    item.parts = Math.max(ended, item.parts);
    return this.tell(item, kind, breaks + delta);
  }

  private endItem(data: JsonRecord): Buffer {
    const whole = itemOf(data);
    const item = this.items.find(indexOf(data), whole);
    item.isDone = true;
    return this.tellRest(item, whole);
  }

  /** What a whole item holds beyond what was told of it. */
  private tellRest(item: ToldItem, whole: JsonRecord): Buffer {
    if (isCall(whole)) {
      const rest = toToolCall(whole).arguments.slice(item.told.arguments);
      return this.tellArguments(item, whole, rest);
    }
    const kinds = ['reasoning', 'content', 'refusal'] as const;
    return Buffer.concat(
      kinds.map((kind) => {
        const rest = textOf(whole, kind).slice(item.told[kind]);
        return rest === '' ? NOTHING : this.tell(item, kind, rest);
      }),
    );
  }

  private tell(item: ToldItem, kind: Said, text: string): Buffer {
    item.told[kind] += text.length;
    return this.chat[kind](text);
  }

  /** A call begins with its first piece: until then another account can take over. @param call the item, as it is known */
  private tellArguments(item: ToldItem, call: JsonRecord, json: string): Buffer {
    item.told.arguments += json.length;
    const opening = item.place === null ? this.chat.toolCall(this.callCount, toToolCall(call)) : NOTHING;
    item.place ??= this.callCount++;
    return json === '' ? opening : Buffer.concat([opening, this.chat.toolArguments(item.place, json)]);
  }

  private finish(response: JsonRecord, name: string): Buffer {
    this.hasEnded = true;
    const rest = this.items.ofWhole(itemsOf(response)).map(([item, whole]) => this.tellRest(item, whole));
    const status = asText(response['status']) ?? name.replace('response.', '');
    const reason = toFinishReason({ ...response, status }, this.callCount > 0);
    return Buffer.concat([...rest, this.chat.finish(reason, toChatUsage(response))]);
  }

  /** All members of the upstream's error stay: some tell when a limit ends. */
  private fail(event: StreamEvent): Buffer {
    this.hasEnded = true;
    const data = asRecord(parseJson(event.data)) ?? EMPTY;
    const told = asRecord(asRecord(data['response'])?.['error'] ?? data['error']) ?? EMPTY;
    const { type, message } = responses.readError(event);
    const code = asText(told['code']) ?? type;
    return encodeChatErrorEvent({ ...told, type: asText(told['type']) ?? type, message, code });
  }
}

const itemOf = (data: JsonRecord): JsonRecord => asRecord(data['item']) ?? EMPTY;

/** Its place in the output; null where the upstream does not tell it. */
const indexOf = ({ output_index: index }: JsonRecord): number | null => (typeof index === 'number' ? index : null);
