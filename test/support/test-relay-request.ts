import type { RelayRequest } from '@crs/extension-api';

/** A small request for a message, without a session. */
export function testRelayRequest(change: Partial<RelayRequest> = {}): RelayRequest {
  return {
    id: 'req_0123456789abcdef',
    protocol: 'anthropic',
    endpoint: 'messages',
    method: 'POST',
    path: '/api/v1/messages',
    query: '',
    headers: {},
    body: Buffer.from('{"model":"claude-opus","messages":[]}'),
    model: 'claude-opus',
    askedModel: 'claude-opus',
    askedEndpoint: 'messages',
    modelSpan: { start: 9, end: 22 },
    stream: false,
    userId: null,
    sessionHash: null,
    receivedAt: new Date(0),
    ...change,
  };
}
