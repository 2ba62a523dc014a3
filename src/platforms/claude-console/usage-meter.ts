import {
  type MeterReading,
  MOST_TOKENS_TOLD,
  NO_TOKENS,
  type StreamEvent,
  type TokenUsage,
  type UsageMeter,
} from '@crs/extension-api';
import { asRecord, asText, type JsonRecord, parseJson, readMembers } from '@crs/platform-kit';

/** The events that carry figures. All others are looked at only as far as the floor estimate needs it. */
const FIGURE_EVENTS: ReadonlySet<string> = new Set(['message_start', 'message_delta']);
const TEXT_EVENT = 'content_block_delta';
const START_EVENT = 'content_block_start';

/** The type of an event that came without a name. A quote inside a string is escaped, so text cannot look like it. */
const TYPE_OF_EVENT = /"type"\s*:\s*"(message_start|message_delta|content_block_start|content_block_delta)"/;

/**
 * A piece of generated text as the API writes it, with nothing escaped in it: then the matched bytes are the text's
 * own. This is nearly every piece; the others are parsed. Signatures are no output and match nothing.
 */
const PLAIN_DELTA =
  /^\{"type":"content_block_delta","index":\d+,"delta":\{"type":"(?:text|thinking|input_json)_delta","(?:text|thinking|partial_json)":"([^"\\]*)"\s*\}\s*\}\s*$/;
const TEXT_FIELDS = ['text', 'thinking', 'partial_json'] as const;

/** The token figures of a `usage` object, by the name of ours; null where nothing has been said yet. */
interface Figures {
  input: number | null;
  output: number | null;
  cacheCreate: number | null;
  cacheRead: number | null;
  ephemeral5m: number | null;
  ephemeral1h: number | null;
}

type FigureName = keyof Figures;

const INPUT_FIGURES = ['input', 'cacheCreate', 'cacheRead', 'ephemeral5m', 'ephemeral1h'] as const;

/**
 * Reads the usage of one answer of the Messages API: the figures of `message_start`, overlaid field by field by those
 * of each `message_delta`, or the `usage` of a whole body. What it cannot read it leaves out.
 */
export class AnthropicUsageMeter implements UsageMeter {
  private readonly figures: Figures = {
    input: null,
    output: null,
    cacheCreate: null,
    cacheRead: null,
    ephemeral5m: null,
    ephemeral1h: null,
  };
  /** Told, but as no number of tokens. */
  private readonly unreadable = new Set<FigureName>();
  private model: string | null = null;
  private speed: string | null = null;
  private serviceTier: string | null = null;
  private isFinal = false;
  private outputBytes = 0;

  onEvent(event: StreamEvent): void {
    const name = event.event ?? TYPE_OF_EVENT.exec(event.data)?.[1] ?? '';
    if (name === TEXT_EVENT) this.outputBytes += textBytes(event.data);
    else if (name === START_EVENT) this.outputBytes += wholeBytes(event.data);
    else if (FIGURE_EVENTS.has(name)) this.readFigures(name, asRecord(parseJson(event.data)) ?? {});
  }

  onBody(body: Buffer): void {
    const answer = readMembers(body, ['model', 'usage']);
    if (answer === null) return;
    this.readModel(answer['model']);
    const usage = asRecord(answer['usage']);
    if (usage === null) return;
    this.overlay(usage);
    this.isFinal = true;
  }

  read(): MeterReading {
    return {
      usage: this.toUsage(),
      model: this.model,
      final: this.isFinal,
      started: Object.values(this.figures).some((figure) => figure !== null),
      inputKnown: this.figures.input !== null && INPUT_FIGURES.every((name) => this.isReadable(name)),
      outputKnown: this.figures.output !== null,
      outputBytes: this.outputBytes,
      speed: this.speed,
      serviceTier: this.serviceTier,
    };
  }

  private readFigures(name: string, data: JsonRecord): void {
    if (name === 'message_start') {
      const message = asRecord(data['message']) ?? {};
      this.readModel(message['model']);
      this.overlay(asRecord(message['usage']) ?? {});
      return;
    }
    const usage = asRecord(data['usage']) ?? {};
    this.overlay(usage);
    this.isFinal ||= toCount(usage['output_tokens']) !== null;
  }

  private readModel(model: unknown): void {
    this.model = asText(model) ?? this.model;
  }

  private overlay(usage: JsonRecord): void {
    const split = asRecord(usage['cache_creation']) ?? {};
    this.take('input', usage['input_tokens']);
    this.take('output', usage['output_tokens']);
    this.take('cacheCreate', usage['cache_creation_input_tokens']);
    this.take('cacheRead', usage['cache_read_input_tokens']);
    this.take('ephemeral5m', split['ephemeral_5m_input_tokens']);
    this.take('ephemeral1h', split['ephemeral_1h_input_tokens']);
    this.speed = asText(usage['speed']) ?? this.speed;
    this.serviceTier = asText(usage['service_tier']) ?? this.serviceTier;
  }

  private take(name: FigureName, value: unknown): void {
    const count = toCount(value);
    if (count !== null) this.figures[name] = count;
    else if (value !== undefined && value !== null) this.unreadable.add(name);
  }

  /** Not spoken of, or told as a number of tokens at least once. */
  private isReadable(name: FigureName): boolean {
    return this.figures[name] !== null || !this.unreadable.has(name);
  }

  /** With the split of cache writes known, their sum is what counts, whatever the total beside it says. */
  private toUsage(): TokenUsage {
    const { figures } = this;
    const hasCacheSplit = figures.ephemeral5m !== null || figures.ephemeral1h !== null;
    const ephemeral5mTokens = figures.ephemeral5m ?? 0;
    const ephemeral1hTokens = figures.ephemeral1h ?? 0;
    return {
      ...NO_TOKENS,
      inputTokens: figures.input ?? 0,
      outputTokens: figures.output ?? 0,
      cacheCreateTokens: hasCacheSplit ? ephemeral5mTokens + ephemeral1hTokens : (figures.cacheCreate ?? 0),
      cacheReadTokens: figures.cacheRead ?? 0,
      ephemeral5mTokens,
      ephemeral1hTokens,
      hasCacheSplit,
    };
  }
}

/** UTF-8 bytes of the text, thinking or tool input in a `content_block_delta`. */
function textBytes(data: string): number {
  const plain = PLAIN_DELTA.exec(data)?.[1];
  if (plain !== undefined) return Buffer.byteLength(plain);
  const delta = asRecord(asRecord(parseJson(data))?.['delta']) ?? {};
  return TEXT_FIELDS.reduce((bytes, field) => bytes + Buffer.byteLength(asText(delta[field]) ?? ''), 0);
}

/** The same of a block that comes whole with its start, as some upstreams send it; the API's own are empty there. */
function wholeBytes(data: string): number {
  const block = asRecord(asRecord(parseJson(data))?.['content_block']) ?? {};
  const input = asRecord(block['input']) ?? {};
  const texts = [block['text'], block['thinking'], Object.keys(input).length === 0 ? '' : JSON.stringify(input)];
  return texts.reduce<number>((bytes, text) => bytes + Buffer.byteLength(asText(text) ?? ''), 0);
}

function toCount(value: unknown): number | null {
  const isCount = typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= MOST_TOKENS_TOLD;
  return isCount ? value : null;
}
