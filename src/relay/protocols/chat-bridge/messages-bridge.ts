import type { RelayRequest } from '@crs/extension-api';
import { MESSAGES } from '../../endpoints.js';
import type { Bridge, StreamTranslator } from '../../endpoint.js';
import { encodeChatAnswer, encodeChatError } from './chat-answer.js';
import { includesUsage, readChatRequest } from './chat-request.reader.js';
import { toChatAnswer, toChatError } from './messages-answer.js';
import { toMessagesBody } from './messages-request.js';
import { MessagesStream } from './messages-stream.js';
import { spanOfFirst } from './span-of-first.js';

/** Chat completions put to upstreams that have Messages. What becomes of each field is told in docs/chat-completions.md. */
export const messagesBridge: Bridge = {
  target: MESSAGES,

  toUpstream(request: RelayRequest, upstreamModel: string): RelayRequest {
    const told = toMessagesBody(readChatRequest(request.body), request.model, upstreamModel);
    const body = Buffer.from(JSON.stringify(told));
    return {
      ...request,
      protocol: MESSAGES.protocol.name,
      endpoint: MESSAGES.name,
      path: '/v1/messages',
      body,
      modelSpan: spanOfFirst(request.model),
    };
  },

  toClient: (answer: Buffer, request: RelayRequest): Buffer => encodeChatAnswer(toChatAnswer(answer), request),

  refusalToClient: (body: Buffer): Buffer => encodeChatError(toChatError(body.toString('utf8'))),

  openStream: (request: RelayRequest): StreamTranslator => new MessagesStream(request, includesUsage(request.body)),
};
