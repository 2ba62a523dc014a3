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

const NOTHING = Buffer.alloc(0);
const EMPTY: JsonRecord = {};

/** The kinds of pieces that a chat can be told, by their events. */
const PIECES: ReadonlyMap<string, Said | 'arguments'> = new Map<string, Said | 'arguments'>([
  ['response.output_text.delta', 'content'],
  ['response.refusal.delta', 'refusal'],
  ['response.reasoning_summary_text.delta', 'reasoning'],
  ['response.function_call_arguments.delta', 'arguments'],
]);

/** How much of an item was told. */
class ToldItem {
  /** Of a call: its place among the answer's calls; null = it was not told. */
  place: number | null = null;
  /** Parts of a summary that have ended. */
  parts = 0;
  /** Lengths, by kind. */
  readonly told: Record<Said | 'arguments', number> = { content: 0, refusal: 0, reasoning: 0, arguments: 0 };

  /** @param begun the item as it began */
  constructor(readonly begun: JsonRecord) {}
}

/**
 * Tells a stream of the Responses protocol as a chat. Pieces are told as they come; what an item or the whole response
 * holds at its end beyond them, is told then: some upstreams send no pieces.
 */
export class ResponsesStream implements StreamTranslator {
  private readonly chat: ChatStream;
  /** By their places in the response's output. */
  private readonly items = new Map<number, ToldItem>();
  private callCount = 0;
  private lastPlace = -1;
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
    if (name === 'response.output_item.added') this.items.set(this.placeOf(data, 1), new ToldItem(itemOf(data)));
    if (name === 'response.output_item.done') return this.tellRest(this.placeOf(data, 0), itemOf(data));
    return name === 'response.created' ? this.chat.open() : NOTHING;
  }

  private tellPiece(kind: Said | 'arguments', data: JsonRecord): Buffer {
    const delta = asText(data['delta']);
    const item = this.itemAt(this.placeOf(data, 0), EMPTY);
    if (delta === null) return NOTHING;
    if (kind === 'arguments') return isCall(item.begun) ? this.tellArguments(item, item.begun, delta) : NOTHING;
    if (kind !== 'reasoning') return this.tell(item, kind, delta);
    const ended = typeof data['summary_index'] === 'number' ? data['summary_index'] : item.parts;
    const breaks = SUMMARY_BREAK.repeat(Math.max(0, ended - item.parts));
    item.parts = Math.max(ended, item.parts);
    return this.tell(item, kind, breaks + delta);
  }

  /** What a whole item holds beyond what was told of it. */
  private tellRest(place: number, whole: JsonRecord): Buffer {
    const item = this.itemAt(place, whole);
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
    const rest = itemsOf(response).map((item, place) => this.tellRest(place, item));
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

  private itemAt(place: number, begun: JsonRecord): ToldItem {
    const known = this.items.get(place);
    if (known !== undefined) return known;
    const item = new ToldItem(begun);
    this.items.set(place, item);
    return item;
  }

  /** Some upstreams do not say where an item stands: then it is the last one, or the `next` behind it. */
  private placeOf(data: JsonRecord, next: 0 | 1): number {
    const told = data['output_index'];
    this.lastPlace = typeof told === 'number' ? told : Math.max(0, this.lastPlace + next);
    return this.lastPlace;
  }
}

const itemOf = (data: JsonRecord): JsonRecord => asRecord(data['item']) ?? EMPTY;
