import { RelayError } from '@crs/extension-api';
import { scanObject } from '@crs/json-scan';
import { asRecord, parseJson } from '@crs/platform-kit';
import { readMessages } from './chat-message.reader.js';
import { readResponseFormat, readToolChoice, readTools } from './chat-tool.reader.js';
import type { ChatRequest } from './chat-request.js';
import { UntrustedField } from './untrusted-field.js';

/**
 * Reads the body of a request for a chat completion.
 *
 * @throws RelayError `invalid_request` naming the field, for what is no such request and for what no bridge can say
 */
export function readChatRequest(body: Buffer): ChatRequest {
  const root = new UntrustedField(parseBody(body));
  refuseUntranslatable(root);
  const text = (name: string): string | null => root.member(name).optional((field) => field.text());
  const tools = root.member('tools').optional(readTools) ?? [];
  const maxTokens = root.member('max_completion_tokens');
  return {
    messages: readMessages(root.member('messages')),
    tools,
    toolChoice: root.member('tool_choice').optional((field) => readToolChoice(field, tools)),
    parallelToolCalls: root.member('parallel_tool_calls').optional((field) => field.flag()),
    responseFormat: root.member('response_format').optional(readResponseFormat),
    maxTokens: (maxTokens.isMissing ? root.member('max_tokens') : maxTokens).optional((field) => field.count()),
    temperature: root.member('temperature').optional((field) => field.number(0, 2)),
    topP: root.member('top_p').optional((field) => field.number(0, 1)),
    stop: root.member('stop').optional(readStop) ?? [],
    stream: root.member('stream').optional((field) => field.flag()) ?? false,
    includeUsage: root.member('stream_options').optional(readIncludeUsage) ?? false,
    reasoningEffort: text('reasoning_effort'),
    verbosity: text('verbosity'),
    user: text('safety_identifier') ?? text('user'),
    metadata: root.member('metadata').optional((field) => field.members()),
    serviceTier: text('service_tier'),
    promptCacheKey: text('prompt_cache_key'),
  };
}

/** Whether a chunk with the usage is asked for, of a body that has been read before. The rest of it is not looked at. */
export function includesUsage(body: Buffer): boolean {
  const scan = scanObject(body, ['stream_options']);
  const span = scan.kind === 'object' ? scan.spans.get('stream_options') : undefined;
  if (span === undefined) return false;
  return asRecord(parseJson(body.toString('utf8', span.start, span.end)))?.['include_usage'] === true;
}

function parseBody(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw new RelayError('invalid_request', 'The body is not valid JSON', { cause: error });
  }
}

function readStop(field: UntrustedField): readonly string[] {
  const stops = typeof field.value === 'string' ? [field.text()] : field.items().map((item) => item.text());
  return stops.filter((stop) => stop !== '');
}

function readIncludeUsage(field: UntrustedField): boolean {
  return field.member('include_usage').optional((flag) => flag.flag()) ?? false;
}

/** What would be missing from the answer without a word, or means nothing to another model's tokens. */
function refuseUntranslatable(root: UntrustedField): void {
  const choices = root.member('n');
  if (!choices.isMissing && choices.value !== 1) choices.refuse('one answer per request is all that there is; send 1');
  for (const [name, isRefused, words] of UNTRANSLATABLE) {
    const field = root.member(name);
    if (!field.isMissing && isRefused(field.value)) field.refuse(words);
  }
}

const always = (): boolean => true;
const NO_LOGPROBS = 'log probabilities are not to be had for this model';
const OLD_TOOLS = 'this old form is not served; send tools and tool_choice instead';
const NO_AUDIO = 'audio is not to be had for this model';

type Untranslatable = readonly [name: string, isRefused: (value: unknown) => boolean, words: string];

const UNTRANSLATABLE: readonly Untranslatable[] = [
  ['logprobs', (value): boolean => value !== false, NO_LOGPROBS],
  ['top_logprobs', (value): boolean => value !== 0, NO_LOGPROBS],
  ['logit_bias', (value): boolean => JSON.stringify(value) !== '{}', 'tokens cannot be weighted for this model'],
  ['functions', always, OLD_TOOLS],
  ['function_call', always, OLD_TOOLS],
  ['audio', always, NO_AUDIO],
  ['modalities', (value): boolean => JSON.stringify(value) !== '["text"]', NO_AUDIO],
  ['web_search_options', always, 'a search of the web is not to be had for this model'],
];
