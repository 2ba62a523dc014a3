import type { AccountProbe, ProbeError, StreamEvent } from '@crs/extension-api';
import { asRecord, asText, type JsonRecord, parseJson } from '@crs/platform-kit';

/** Enough for a few words, and not worth a cent on the dearest model. */
const MAX_TOKENS = 32;

/**
 * As the SDKs send it; `accept` stays theirs for streams, too. The user agent is the account's own: it is part of what is
 * tested.
 */
const HEADERS = {
  accept: 'application/json',
  'content-type': 'application/json',
  'anthropic-version': '2023-06-01',
};

/** Tests an account by a streaming request of the Messages API that costs a few tokens. */
export const probe: AccountProbe = {
  defaultModel: 'claude-haiku-4-5',

  build: (model) => ({
    endpoint: 'messages',
    path: '/v1/messages',
    headers: HEADERS,
    body: Buffer.from(
      JSON.stringify({
        model,
        max_tokens: MAX_TOKENS,
        messages: [{ role: 'user', content: 'Say hello in one short sentence.' }],
        stream: true,
      }),
    ),
  }),

  textOf(event) {
    const data = read(event);
    if (nameOf(event, data) !== 'content_block_delta') return '';
    return asText(asRecord(data['delta'])?.['text']) ?? '';
  },

  isEnd: (event) => nameOf(event, read(event)) === 'message_stop',

  errorOf(event): ProbeError | null {
    const data = read(event);
    if (nameOf(event, data) !== 'error') return null;
    const error = asRecord(data['error']) ?? {};
    return { type: asText(error['type']) ?? 'api_error', message: asText(error['message']) ?? '' };
  },
};

const read = ({ data }: StreamEvent): JsonRecord => asRecord(parseJson(data)) ?? {};

/** Some upstreams leave the names of events out; the data says the same. */
const nameOf = ({ event }: StreamEvent, data: JsonRecord): string | null => event ?? asText(data['type']);
