type Json = Readonly<Record<string, unknown>>;

const KNOWN_MEMBERS: ReadonlySet<string> = new Set([
  'model',
  'max_tokens',
  'system',
  'messages',
  'tools',
  'tool_choice',
  'temperature',
  'top_p',
  'stop_sequences',
  'output_config',
  'metadata',
  'stream',
]);

const IMAGE_TYPES: readonly unknown[] = ['image/jpeg', 'image/png', 'image/gif', 'image/webp'];

/** What Anthropic's API would refuse a Messages request for; empty for a good one. Written against the API's rules alone. */
export function messagesFaults(body: Json): readonly string[] {
  const messages = list(body['messages']);
  return [
    ...Object.keys(body).flatMap((name) => faultIf(!KNOWN_MEMBERS.has(name), `${name}: extra input`)),
    ...faultIf(!Number.isInteger(body['max_tokens']) || Number(body['max_tokens']) < 1, 'max_tokens'),
    ...list(body['system']).flatMap(textFaults),
    ...turnFaults(messages),
    ...messages.flatMap((message) => list(message['content']).flatMap(blockFaults)),
    ...toolUseFaults(messages),
    ...toolFaults(body),
    ...samplingFaults(body),
    ...list(body['stop_sequences']).flatMap((stop) => faultIf(isBlank(stop), 'stop_sequences: blank')),
  ];
}

const faultIf = (isFault: boolean, words: string): readonly string[] => (isFault ? [words] : []);
const isBlank = (text: unknown): boolean => typeof text !== 'string' || text.trim() === '';
const list = (value: unknown): readonly Json[] => (Array.isArray(value) ? (value as Json[]) : []);
const textFaults = (block: Json): readonly string[] => faultIf(isBlank(block['text']), 'text must be non-empty');

function turnFaults(messages: readonly Json[]): readonly string[] {
  const roles = messages.map((message) => message['role']);
  return [
    ...faultIf(roles.at(0) !== 'user', 'the first message must be the user`s'),
    ...faultIf(roles.at(-1) !== 'user', 'no prefill: the last message must be the user`s'),
    ...faultIf(
      roles.some((role, i) => role === roles[i - 1]),
      'roles must alternate',
    ),
    ...messages.flatMap((message) => faultIf(list(message['content']).length === 0, 'content must be non-empty')),
  ];
}

function blockFaults(block: Json): readonly string[] {
  switch (block['type']) {
    case 'text':
      return textFaults(block);
    case 'image':
    case 'document':
      return sourceFaults(block['type'], block['source'] as Json);
    case 'tool_use':
      return faultIf(!/^[a-zA-Z0-9_-]+$/.test(String(block['id'])), 'tool_use.id: pattern').concat(
        faultIf(
          typeof block['input'] !== 'object' || Array.isArray(block['input']) || block['input'] === null,
          'input: no object',
        ),
      );
    case 'tool_result':
      return list(block['content']).flatMap(blockFaults);
    default:
      return [`unknown block ${String(block['type'])}`];
  }
}

function sourceFaults(type: 'image' | 'document', source: Json): readonly string[] {
  if (source['type'] === 'url') return faultIf(!String(source['url']).startsWith('https://'), 'url: https only');
  const types: readonly unknown[] = type === 'image' ? IMAGE_TYPES : ['application/pdf'];
  return faultIf(!types.includes(source['media_type']), `media_type ${String(source['media_type'])}`);
}

/** Each tool_use is answered at the beginning of the very next message, and nothing else is. */
function toolUseFaults(messages: readonly Json[]): readonly string[] {
  const idsOf = (message: Json | undefined, type: string, name: string): string[] =>
    list(message?.['content'])
      .filter((block) => block['type'] === type)
      .map((block) => String(block[name]));
  const all = messages.flatMap((message) => idsOf(message, 'tool_use', 'id'));
  return [
    ...faultIf(new Set(all).size !== all.length, 'tool_use ids must be unique'),
    ...messages.flatMap((message, i) => {
      const asked = idsOf(messages[i - 1], 'tool_use', 'id').sort();
      const answered = idsOf(message, 'tool_result', 'tool_use_id').sort();
      const first = list(message['content']).slice(0, answered.length);
      return [
        ...faultIf(asked.join() !== answered.join(), 'tool_use without its tool_result, or the reverse'),
        ...faultIf(
          first.some((block) => block['type'] !== 'tool_result'),
          'tool_result must come first',
        ),
      ];
    }),
    ...faultIf(idsOf(messages.at(-1), 'tool_use', 'id').length > 0, 'tool_use without its tool_result'),
  ];
}

function toolFaults(body: Json): readonly string[] {
  const tools = list(body['tools']);
  const names = tools.map((tool) => tool['name']);
  const choice = body['tool_choice'] as Json | undefined;
  const calls = list(body['messages']).flatMap((message) =>
    list(message['content']).filter((block) => block['type'] === 'tool_use'),
  );
  return [
    ...faultIf(calls.length > 0 && tools.length === 0, 'tool_use without tools'),
    ...faultIf(choice !== undefined && tools.length === 0, 'tool_choice without tools'),
    ...faultIf(choice?.['type'] === 'tool' && !names.includes(choice['name']), 'tool_choice.name: no such tool'),
    ...faultIf(new Set(names).size !== names.length, 'tool names must be unique'),
    ...tools.flatMap((tool) => faultIf((tool['input_schema'] as Json)['type'] !== 'object', 'input_schema.type')),
  ];
}

function samplingFaults(body: Json): readonly string[] {
  const temperature = body['temperature'] ?? 0;
  const isSet = 'temperature' in body || 'top_p' in body;
  const metadata = body['metadata'] as Json | undefined;
  return [
    ...faultIf(Number(temperature) < 0 || Number(temperature) > 1, 'temperature: 0 to 1'),
    ...faultIf('temperature' in body && 'top_p' in body, 'temperature and top_p cannot both be specified'),
    ...faultIf(isSet && body['model'] === 'claude-opus-5-5', 'temperature is deprecated for this model'),
    ...faultIf(metadata !== undefined && String(metadata['user_id']).length > 256, 'metadata.user_id: too long'),
  ];
}
