import type { AccountProbe, ProbeError, StreamEvent } from '@crs/extension-api';
import { asRecord, asText, type JsonRecord, parseJson } from '@crs/platform-kit';

/** As Codex sends it. The user agent is the account's own: it is part of what is tested. */
const HEADERS = { accept: 'text/event-stream', 'content-type': 'application/json' };

/** Models that think before they answer, and refuse to be asked for less of it where they cannot. */
const REASONS = /^(?:gpt-[5-9]|o\d|codex)(?!.*(?:chat|pro))/i;

const ENDS: ReadonlySet<string | null> = new Set(['response.completed', 'response.incomplete']);
const ERRORS: ReadonlySet<string | null> = new Set(['response.failed', 'error']);

/**
 * Tests an account by a streaming request of the Responses API that costs a few tokens. Nothing in it but what every
 * upstream takes: some refuse a limit of the output, some a request without instructions.
 */
export const probe: AccountProbe = {
  defaultModel: 'gpt-5-mini',

  build: (model) => ({
    endpoint: 'responses',
    path: '/openai/responses',
    headers: HEADERS,
    body: Buffer.from(
      JSON.stringify({
        model,
        instructions: 'Answer in one short sentence.',
        input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Say hello.' }] }],
        ...(REASONS.test(model) && { reasoning: { effort: 'low' } }),
        store: false,
        stream: true,
      }),
    ),
  }),

  textOf(event) {
    const data = read(event);
    return nameOf(event, data) === 'response.output_text.delta' ? (asText(data['delta']) ?? '') : '';
  },

  isEnd: (event) => ENDS.has(nameOf(event, read(event))),

  errorOf(event): ProbeError | null {
    const data = read(event);
    if (!ERRORS.has(nameOf(event, data))) return null;
    const error = asRecord(asRecord(data['response'])?.['error']) ?? asRecord(data['error']) ?? data;
    return {
      type: asText(error['code']) ?? asText(error['type']) ?? 'server_error',
      message: asText(error['message']) ?? '',
    };
  },
};

const read = ({ data }: StreamEvent): JsonRecord => asRecord(parseJson(data)) ?? {};

/** Some upstreams leave the names of events out; the data says the same. */
const nameOf = ({ event }: StreamEvent, data: JsonRecord): string | null => event ?? asText(data['type']);
