import type { RelayRequest, StreamEvent } from '@crs/extension-api';
import { asRecord, asText, type JsonRecord, parseJson } from '@crs/platform-kit';
import type { StreamTranslator } from '../../endpoint.js';
import { ChatStream, encodeChatErrorEvent } from './chat-answer.js';
import { chatCompletions } from './chat-completions.protocol.js';
import { parseExactly } from './exact-json.js';
import { hasNoInput, inputOf, isCut, toChatError, toChatUsage, toFinishReason, toRefusal } from './messages-answer.js';

const NOTHING = Buffer.alloc(0);
const EMPTY: JsonRecord = {};

/** A tool call that nothing follows yet. */
interface OpenCall {
  readonly block: JsonRecord;
  /** Its place among the answer's calls, which is not that of its block; null: nothing of it was told yet. */
  place: number | null;
}

/** Tells a stream of the Messages protocol as a chat. */
export class MessagesStream implements StreamTranslator {
  private readonly chat: ChatStream;
  /** By the index of their blocks. */
  private readonly calls = new Map<unknown, OpenCall>();
  private callCount = 0;
  private usage: JsonRecord = EMPTY;
  private ending: JsonRecord = EMPTY;
  private hasEnded = false;

  /** @param request the client's */
  constructor(request: RelayRequest, includeUsage: boolean) {
    this.chat = new ChatStream(request, includeUsage);
  }

  translate(event: StreamEvent): Buffer {
    if (this.hasEnded) return NOTHING;
    const data = asRecord(parseJson(event.data)) ?? EMPTY;
    switch (event.event ?? data['type']) {
      case 'ping':
        return chatCompletions.pingEvent;
      case 'message_start':
        this.overlayUsage(asRecord(data['message']) ?? EMPTY);
        return this.chat.open();
      case 'content_block_start':
        return this.openBlock(data['index'], event.data);
      case 'content_block_delta':
        return this.tellPiece(data['index'], asRecord(data['delta']) ?? EMPTY);
      case 'message_delta':
        this.overlayUsage(data);
        this.ending = { ...this.ending, ...asRecord(data['delta']) };
        return NOTHING;
      case 'message_stop':
        return this.finish();
      case 'error':
        this.hasEnded = true;
        return encodeChatErrorEvent(toChatError(event.data));
      default:
        return NOTHING;
    }
  }

  /** What came before it was not cut. */
  private openBlock(index: unknown, json: string): Buffer {
    const before = this.closeCalls();
    const block = asRecord(asRecord(parseExactly(json))?.['content_block']) ?? EMPTY;
    if (block['type'] !== 'tool_use') return Buffer.concat([before, this.tellText(block['type'], block)]);
    this.calls.set(index, { block, place: null });
    return before;
  }

  private tellPiece(index: unknown, delta: JsonRecord): Buffer {
    if (delta['type'] === 'text_delta') return this.tellText('text', delta);
    if (delta['type'] === 'thinking_delta') return this.tellText('thinking', delta);
    const json = delta['type'] === 'input_json_delta' ? asText(delta['partial_json']) : null;
    const call = this.calls.get(index);
    // The arguments of a tool that the upstream itself runs are nobody's business.
    if (json === null || call === undefined) return NOTHING;
    return this.tellArguments(call, json);
  }

  private tellText(kind: unknown, from: JsonRecord): Buffer {
    const text = kind === 'text' || kind === 'thinking' ? asText(from[kind]) : null;
    if (text === null) return NOTHING;
    return kind === 'text' ? this.chat.content(text) : this.chat.reasoning(text);
  }

  /** A call is told with its first piece: until then another account can take over. */
  private tellArguments(call: OpenCall, json: string): Buffer {
    const { block } = call;
    const told = { id: asText(block['id']) ?? '', name: asText(block['name']) ?? '' };
    const opening = call.place === null ? this.chat.toolCall(this.callCount, told) : NOTHING;
    call.place ??= this.callCount++;
    return Buffer.concat([opening, this.chat.toolArguments(call.place, json)]);
  }

  /**
   * A call without a piece has what its block came with, which is nothing where the function takes nothing. Where the answer
   * was cut, it is no call: its arguments were to come.
   */
  private closeCalls(isCutHere = false): Buffer {
    const untold = [...this.calls.values()].filter(({ place }) => place === null);
    this.calls.clear();
    const whole = untold.filter(({ block }) => !(isCutHere && hasNoInput(block)));
    return Buffer.concat(whole.map((call) => this.tellArguments(call, inputOf(call.block))));
  }

  private finish(): Buffer {
    this.hasEnded = true;
    const rest = this.closeCalls(isCut(this.ending['stop_reason']));
    const refusal = toRefusal(this.ending);
    const reason = toFinishReason(this.ending['stop_reason'], this.callCount > 0);
    return Buffer.concat([
      rest,
      ...(refusal === null ? [] : [this.chat.refusal(refusal)]),
      this.chat.finish(reason, toChatUsage(this.usage)),
    ]);
  }

  /** Later figures go over earlier ones, but for those that are left out. */
  private overlayUsage(from: JsonRecord): void {
    const told = Object.entries(asRecord(from['usage']) ?? EMPTY).filter(([, value]) => value !== null);
    this.usage = { ...this.usage, ...Object.fromEntries(told) };
  }
}
