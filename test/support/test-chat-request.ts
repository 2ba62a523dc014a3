import type { RelayRequest } from '@crs/extension-api';
import { testRelayRequest } from './test-relay-request.ts';

/** A small request for a chat completion; a stream where `change` says so. @param change members of the body */
export function testChatRequest(
  change: Readonly<Record<string, unknown>> = {},
  model = 'claude-opus-5-5',
): RelayRequest {
  const body = Buffer.from(JSON.stringify({ messages: [{ role: 'user', content: 'Hello' }], model, ...change }));
  return testRelayRequest({
    protocol: 'openai',
    endpoint: 'chat_completions',
    path: '/openai/v1/chat/completions',
    body,
    model,
    askedModel: 'claude-asked',
    stream: change['stream'] === true,
    receivedAt: new Date(5000),
  });
}
