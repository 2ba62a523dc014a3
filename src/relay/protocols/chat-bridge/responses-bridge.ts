import type { RelayRequest } from '@crs/extension-api';
import { asRecord, asText, parseJson } from '@crs/platform-kit';
import { RESPONSES } from '../../endpoints.js';
import type { Bridge, StreamTranslator } from '../../endpoint.js';
import { encodeChatAnswer, encodeChatError } from './chat-answer.js';
import { includesUsage, readChatRequest } from './chat-request.reader.js';
import { toChatError } from './messages-answer.js';
import { toChatAnswer } from './responses-answer.js';
import { toResponsesBody } from './responses-request.js';
import { ResponsesStream } from './responses-stream.js';
import { spanOfFirst } from './span-of-first.js';

/** Chat completions put to upstreams that have Responses. What becomes of each field is told in docs/chat-completions.md. */
export const responsesBridge: Bridge = {
  target: RESPONSES,

  toUpstream(request: RelayRequest): RelayRequest {
    const body = Buffer.from(JSON.stringify(toResponsesBody(readChatRequest(request.body), request.model)));
    return {
      ...request,
      endpoint: RESPONSES.name,
      path: request.path.replace(CHAT_PATH, '/responses'),
      body,
      modelSpan: spanOfFirst(request.model),
    };
  },

  toClient: (answer: Buffer, request: RelayRequest): Buffer => encodeChatAnswer(toChatAnswer(answer), request),

  refusalToClient: (body: Buffer): Buffer =>
    isOpenAiError(body) ? body : encodeChatError(toChatError(body.toString())),

  openStream: (request: RelayRequest): StreamTranslator => new ResponsesStream(request, includesUsage(request.body)),
};

/** What stands before it belongs to the gateway, or to the version. */
const CHAT_PATH = /\/chat\/completions$/;

function isOpenAiError(body: Buffer): boolean {
  const error = asRecord(asRecord(parseJson(body.toString()))?.['error']);
  return asText(error?.['message']) !== null;
}
