import type {
  ChatAssistantMessage,
  ChatFile,
  ChatImage,
  ChatMessage,
  ChatPart,
  ChatText,
  ChatToolCall,
  ChatToolMessage,
  InlineData,
} from './chat-request.js';
import type { UntrustedField } from './untrusted-field.js';

const DATA_URL = /^data:[^;,]+(?:;[^;,]*)*;base64,/i;
/** No head of a data: URL is longer; expressions are not let loose on megabytes. */
const LONGEST_HEAD = 256;
const NOT_BASE64 = /[^A-Za-z0-9+/=]/;

const IMAGE_TYPES: ReadonlySet<string> = new Set(['image/jpeg', 'image/png', 'image/gif', 'image/webp']);
const FILE_TYPES: ReadonlySet<string> = new Set(['application/pdf']);

/** @throws RelayError for a conversation that cannot be told, naming the field */
export function readMessages(field: UntrustedField): readonly ChatMessage[] {
  const fields = field.items();
  if (fields.length === 0) field.refuse('at least one message is required');
  const messages = fields.map(readMessage);
  checkToolAnswers(fields, messages);
  return messages;
}

function readMessage(field: UntrustedField): ChatMessage {
  const roleField = field.member('role');
  const role = roleField.text();
  switch (role) {
    case 'system':
    case 'developer':
      return { role, content: readContent(field.member('content'), readText) };
    case 'user':
      return { role, content: readContent(field.member('content'), readPart) };
    case 'assistant':
      return readAssistant(field);
    case 'tool':
      return readToolMessage(field);
    case 'function':
      return roleField.refuse('this old form is not served; send the role tool with a tool_call_id instead');
    default:
      return roleField.refuse('one of system, developer, user, assistant and tool is required');
  }
}

function readAssistant(field: UntrustedField): ChatAssistantMessage {
  for (const [name, words] of UNTOLD_BY_ASSISTANT) {
    const member = field.member(name);
    if (!member.isMissing) member.refuse(words);
  }
  const content = field.member('content').optional((said) => readContent(said, readSaid)) ?? [];
  const refusal = field.member('refusal').optional((said): ChatText => ({ type: 'text', text: said.text() }));
  const toolCalls = field.member('tool_calls').optional((calls) => calls.items().map(readToolCall)) ?? [];
  return { role: 'assistant', content: refusal === null ? content : [...content, refusal], toolCalls };
}

const UNTOLD_BY_ASSISTANT = [
  ['function_call', 'this old form is not served; send tool_calls instead'],
  ['audio', 'spoken answers cannot be told to this model'],
] as const;

function readToolCall(field: UntrustedField): ChatToolCall {
  const type = field.member('type');
  if (!type.isMissing && type.value !== 'function') type.refuse('only calls of functions can be told to this model');
  const called = field.member('function');
  return {
    id: field.member('id').name(),
    name: called.member('name').name(),
    arguments: called.member('arguments').optional((text) => text.text()) ?? '',
  };
}

function readToolMessage(field: UntrustedField): ChatToolMessage {
  const content = field.member('content').optional((result) => readContent(result, readPart)) ?? [];
  return { role: 'tool', toolCallId: field.member('tool_call_id').name(), content };
}

function readContent<P extends ChatPart>(
  field: UntrustedField,
  readOne: (part: UntrustedField) => P,
): readonly (P | ChatText)[] {
  if (typeof field.value === 'string') return [{ type: 'text', text: field.value }];
  if (!Array.isArray(field.value)) return field.refuse('a text or a list of parts is required');
  return field.items().map(readOne);
}

function readText(part: UntrustedField): ChatText {
  const type = part.member('type');
  return type.value === 'text' ? textOf(part, 'text') : type.refuse('only text can be told here');
}

/** What an assistant said: text, or why it would not. */
function readSaid(part: UntrustedField): ChatText {
  return part.member('type').value === 'refusal' ? textOf(part, 'refusal') : readText(part);
}

function textOf(part: UntrustedField, name: string): ChatText {
  return { type: 'text', text: part.member(name).text() };
}

function readPart(part: UntrustedField): ChatPart {
  const type = part.member('type');
  switch (type.value) {
    case 'text':
      return textOf(part, 'text');
    case 'image_url':
      return readImage(part.member('image_url'));
    case 'file':
      return readFile(part.member('file'));
    case 'input_audio':
      return type.refuse('audio cannot be told to this model');
    default:
      return type.refuse('one of text, image_url and file is required');
  }
}

function readImage(image: UntrustedField): ChatImage {
  const urlField = image.member('url');
  const url = urlField.text();
  const detail = image.member('detail').optional((field) => field.text());
  if (/^https:\/\//i.test(url)) return { type: 'image', url, data: null, detail };
  const data = inlineData(urlField, url, IMAGE_TYPES);
  return { type: 'image', url, data, detail };
}

function readFile(file: UntrustedField): ChatFile {
  const stored = file.member('file_id');
  if (!stored.isMissing) stored.refuse('files kept elsewhere cannot be told to this model; send file_data instead');
  const content = file.member('file_data');
  const url = content.text();
  const data = inlineData(content, url, FILE_TYPES);
  return { type: 'file', url, data, filename: file.member('filename').optional((name) => name.text()) };
}

function inlineData(field: UntrustedField, url: string, types: ReadonlySet<string>): InlineData {
  const match = DATA_URL.exec(url.slice(0, LONGEST_HEAD));
  if (match === null) return field.refuse('a data: URL in base64 is required, or for an image a https address');
  const [head] = match;
  const mediaType = head.slice('data:'.length, head.indexOf(';')).toLowerCase().replace('image/jpg', 'image/jpeg');
  if (!types.has(mediaType)) field.refuse(`one of ${[...types].join(', ')} is required`);
  const base64 = url.slice(head.length);
  if (base64 === '' || NOT_BASE64.test(base64)) field.refuse('the data is not base64');
  return { mediaType, base64 };
}

/** Every call is answered once, right behind the message that made it: no upstream takes it in another way. */
function checkToolAnswers(fields: readonly UntrustedField[], messages: readonly ChatMessage[]): void {
  let open = new Set<string>();
  let callers: UntrustedField | undefined;
  messages.forEach((message, i) => {
    if (message.role === 'tool') {
      if (!open.delete(message.toolCallId)) fields[i]?.member('tool_call_id').refuse(UNASKED);
      return;
    }
    refuseOpen(callers, open);
    const calls = message.role === 'assistant' ? message.toolCalls : [];
    callers = fields[i]?.member('tool_calls');
    open = new Set(calls.map(({ id }) => id));
    if (open.size < calls.length) callers?.refuse('two calls have the same id');
  });
  refuseOpen(callers, open);
}

const UNASKED = 'it answers no open call of the assistant message before it';

function refuseOpen(callers: UntrustedField | undefined, open: ReadonlySet<string>): void {
  const [id] = open;
  if (id !== undefined) callers?.refuse(`the call ${id} is not answered by a tool message right behind it`);
}
