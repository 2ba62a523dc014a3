import type { IncomingHttpHeaders } from 'node:http';
import { anthropicProtocol } from './anthropic-protocol.ts';
import { chatProtocol } from './chat-protocol.ts';
import { compactProtocol } from './compact-protocol.ts';
import type { ReplyProtocol } from './reply.ts';
import { responsesProtocol } from './responses-protocol.ts';
import type { Endpoint } from './step.ts';

/** Endpoints by the end of their path: whatever prefix a gateway puts before them is accepted. */
const ENDPOINTS: readonly (readonly [RegExp, Endpoint])[] = [
  [/\/messages\/count_tokens$/, 'count_tokens'],
  [/\/messages$/, 'messages'],
  [/\/responses$/, 'responses'],
  [/\/responses\/compact$/, 'compact'],
  [/\/chat\/completions$/, 'chat_completions'],
  [/\/models(\/[^/]+)?$/, 'models'],
];

const PROTOCOLS: Readonly<Partial<Record<Endpoint, ReplyProtocol>>> = {
  responses: responsesProtocol,
  compact: compactProtocol,
  chat_completions: chatProtocol,
};

export const isOpenAi = (endpoint: Endpoint): boolean => Object.hasOwn(PROTOCOLS, endpoint);

/** In whose words the endpoint answers. */
export const protocolOf = (endpoint: Endpoint): ReplyProtocol => PROTOCOLS[endpoint] ?? anthropicProtocol;

const MODELS = ['claude-opus-5-5', 'claude-sonnet-4-5-20250929', 'claude-haiku-4-5-20251001', 'gpt-5.5'];

/** Those that cost tokens. */
const GENERATING: ReadonlySet<Endpoint> = new Set(['messages', 'responses', 'compact', 'chat_completions']);

export const generates = (endpoint: Endpoint): boolean => GENERATING.has(endpoint);

export function endpointOf(path: string): Endpoint {
  return ENDPOINTS.find(([pattern]) => pattern.test(path))?.[1] ?? 'other';
}

/** The upstream key of a request: bearer token, else `x-api-key`, else `anonymous`. */
export function keyOf(headers: IncomingHttpHeaders): string {
  const bearer = /^bearer\s+(\S+)$/i.exec(headers.authorization ?? '')?.[1];
  const apiKey = headers['x-api-key'];
  return bearer ?? (typeof apiKey === 'string' && apiKey !== '' ? apiKey : 'anonymous');
}

/** The list of models or one of them, in the form that the caller's headers ask for; null = unknown. */
export function modelsAnswer(path: string, headers: IncomingHttpHeaders): unknown {
  const wanted = /\/models\/([^/]+)$/.exec(path)?.[1];
  const anthropic = 'anthropic-version' in headers;
  const describe = (id: string): unknown =>
    anthropic
      ? { type: 'model', id, display_name: id, created_at: '2026-01-01T00:00:00Z' }
      : { id, object: 'model', created: 1_767_225_600, owned_by: 'simulator' };
  if (wanted !== undefined) return MODELS.includes(wanted) ? describe(wanted) : null;
  const data = MODELS.map(describe);
  return anthropic ? { data, has_more: false, first_id: MODELS[0], last_id: MODELS.at(-1) } : { object: 'list', data };
}
