import type { AccountProbe, StreamEvent } from '@crs/extension-api';
import { asRecord, asText, type JsonRecord, parseJson } from '@crs/platform-kit';

/** Tests an account by a short streaming request of the Responses API. */
export const probe: AccountProbe = {
  defaultModel: 'gpt-5-nano',
  build: (model) => ({
    endpoint: 'responses',
    path: '/v1/responses',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    body: Buffer.from(JSON.stringify({ model, input: 'Say hello.', stream: true })),
  }),
  textOf: (event) => (typeOf(event) === 'response.output_text.delta' ? (asText(read(event)['delta']) ?? '') : ''),
  isEnd: (event) => typeOf(event) === 'response.completed',
  errorOf: (event) => {
    if (typeOf(event) !== 'response.failed') return null;
    const error = asRecord(asRecord(read(event)['response'])?.['error']) ?? {};
    return { type: asText(error['code']) ?? 'server_error', message: asText(error['message']) ?? '' };
  },
};

const read = ({ data }: StreamEvent): JsonRecord => asRecord(parseJson(data)) ?? {};
const typeOf = (event: StreamEvent): string | null => event.event ?? asText(read(event)['type']);
