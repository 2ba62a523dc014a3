import { type MeterReading, MOST_TOKENS_TOLD, NO_TOKENS, type StreamEvent, type UsageMeter } from '@crs/extension-api';
import { asRecord, asText, type JsonRecord, parseJson } from '@crs/platform-kit';

/** Reads `usage` where the Responses API tells it: in the last event, or in the whole answer. */
export class ThirdUsageMeter implements UsageMeter {
  private response: JsonRecord = {};
  private outputBytes = 0;

  onEvent(event: StreamEvent): void {
    const data = asRecord(parseJson(event.data)) ?? {};
    this.outputBytes += Buffer.byteLength(asText(data['delta']) ?? '');
    const response = asRecord(data['response']);
    if (response !== null) this.response = { ...this.response, ...response };
  }

  onBody(body: Buffer): void {
    this.response = asRecord(parseJson(body.toString())) ?? {};
  }

  read(): MeterReading {
    const usage = asRecord(this.response['usage']) ?? {};
    const input = toCount(usage['input_tokens']);
    const output = toCount(usage['output_tokens']);
    const cached = toCount(asRecord(usage['input_tokens_details'])?.['cached_tokens']) ?? 0;
    return {
      usage: {
        ...NO_TOKENS,
        inputTokens: Math.max(0, (input ?? 0) - cached),
        outputTokens: output ?? 0,
        cacheReadTokens: cached,
      },
      model: asText(this.response['model']),
      final: output !== null,
      started: input !== null || output !== null,
      inputKnown: input !== null,
      outputKnown: output !== null,
      outputBytes: this.outputBytes,
      speed: null,
      serviceTier: asText(this.response['service_tier']),
    };
  }
}

const toCount = (value: unknown): number | null =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= MOST_TOKENS_TOLD ? value : null;
