import {
  type MeterReading,
  MOST_TOKENS_TOLD,
  NO_TOKENS,
  type StreamEvent,
  type TokenUsage,
  type UsageMeter,
} from '@crs/extension-api';
import { asRecord, asText, type JsonRecord, parseJson, readMembers } from '@crs/platform-kit';
import { isContent, StreamedContent } from './streamed-content.js';
import { choiceBytes, plainChunkBytes, saysSomething } from './streamed-text.js';

/** The events of which the `response` names the model or carries figures. */
const RESPONSE_EVENTS: ReadonlySet<string> = new Set([
  'response.created',
  'response.completed',
  'response.incomplete',
  'response.failed',
]);
const FINAL_EVENTS: ReadonlySet<string> = new Set(['response.completed', 'response.incomplete', 'response.failed']);

/** The type of an event that came without a name. A quote inside a string is escaped, so text cannot look like it. */
const TYPE_OF_EVENT = /"type"\s*:\s*"(response\.[\w.]+)"/;

/** What a piece of chat completions calls itself; the event has no name. */
const CHUNK = '"chat.completion.chunk"';
const FIGURES_OR_END = /"(?:usage"\s*:\s*\{|finish_reason"\s*:\s*")/;

/** The token figures of a `usage` object, by the name of ours; null where nothing has been said yet. */
interface Figures {
  /** With all that is cached. */
  input: number | null;
  output: number | null;
  cacheRead: number | null;
  cacheWrite: number | null;
}

type FigureName = keyof Figures;

const INPUT_FIGURES = ['input', 'cacheRead', 'cacheWrite'] as const;

/**
 * Reads the usage of one answer of the Responses API, of a compaction, or of chat completions that the upstream answers by
 * itself. What it cannot read it leaves out.
 */
export class OpenAiUsageMeter implements UsageMeter {
  private readonly figures: Figures = { input: null, output: null, cacheRead: null, cacheWrite: null };
  /** Told, but as no number of tokens. */
  private readonly unreadable = new Set<FigureName>();
  private model: string | null = null;
  private serviceTier: string | null = null;
  private isFinal = false;
  private chatHasFinished = false;
  private readonly content = new StreamedContent();

  onEvent({ event, data }: StreamEvent): void {
    const name = event ?? TYPE_OF_EVENT.exec(data)?.[1] ?? '';
    if (isContent(name)) this.content.add(name, data);
    else if (RESPONSE_EVENTS.has(name)) this.readResponse(name, asRecord(parseJson(data))?.['response']);
    else if (data.includes(CHUNK)) this.readChunk(data);
  }

  onBody(body: Buffer): void {
    const answer = readMembers(body, ['model', 'service_tier', 'usage']);
    if (answer === null) return;
    this.readNames(answer);
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
      outputBytes: this.content.bytes,
      speed: null,
      serviceTier: this.serviceTier,
    };
  }

  private readResponse(name: string, told: unknown): void {
    const response = asRecord(told) ?? {};
    this.readNames(response);
    const usage = asRecord(response['usage']) ?? {};
    this.overlay(usage);
    this.isFinal ||= FINAL_EVENTS.has(name) && toCount(usage['output_tokens']) !== null;
  }

  /** Some upstreams count in every piece: the figures are final with the end of the answer only. */
  private readChunk(data: string): void {
    const bytes = this.model === null || FIGURES_OR_END.test(data) ? null : plainChunkBytes(data);
    if (bytes !== null) {
      if (bytes > 0) this.content.addChunk(bytes);
      return;
    }
    const chunk = asRecord(parseJson(data)) ?? {};
    const choices: readonly unknown[] = Array.isArray(chunk['choices']) ? chunk['choices'] : [];
    this.readNames(chunk);
    if (choices.some(saysSomething)) this.content.addChunk(choiceBytes(choices));
    this.chatHasFinished ||= choices.some((choice) => asText(asRecord(choice)?.['finish_reason']) !== null);
    const usage = asRecord(chunk['usage']);
    if (usage === null) return;
    this.overlay(usage);
    this.isFinal ||= this.chatHasFinished || choices.length === 0;
  }

  private readNames({ model, service_tier: tier }: JsonRecord): void {
    this.model = asText(model) ?? this.model;
    this.serviceTier = asText(tier) ?? this.serviceTier;
  }

  /** Responses and chat completions name the same figures differently. */
  private overlay(usage: JsonRecord): void {
    const details = asRecord(usage['input_tokens_details'] ?? usage['prompt_tokens_details']) ?? {};
    this.take('input', usage['input_tokens'] ?? usage['prompt_tokens']);
    this.take('output', usage['output_tokens'] ?? usage['completion_tokens']);
    this.take('cacheRead', details['cached_tokens']);
    this.take('cacheWrite', details['cache_write_tokens']);
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

  /** The input is told with what was read from the cache and written to it: each token counts in one class. */
  private toUsage(): TokenUsage {
    const { input, output, cacheRead, cacheWrite } = this.figures;
    const cacheReadTokens = cacheRead ?? 0;
    const cacheCreateTokens = cacheWrite ?? 0;
    return {
      ...NO_TOKENS,
      inputTokens: Math.max(0, (input ?? 0) - cacheReadTokens - cacheCreateTokens),
      outputTokens: output ?? 0,
      cacheCreateTokens,
      cacheReadTokens,
    };
  }
}

function toCount(value: unknown): number | null {
  const isCount = typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= MOST_TOKENS_TOLD;
  return isCount ? value : null;
}
