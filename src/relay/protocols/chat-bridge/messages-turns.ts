import { asRecord } from '@crs/platform-kit';
import type { ChatMessage, ChatPart, ChatTool, ChatToolCall, ChatToolMessage, JsonObject } from './chat-request.js';
import { parseExactly } from './exact-json.js';

/** A content block of the Messages protocol. */
type MessageBlock = JsonObject;

interface MessageTurn {
  readonly role: 'user' | 'assistant';
  readonly content: readonly MessageBlock[];
}

export interface Conversation {
  /** What stands in no turn, in its order; no blank text among it. */
  readonly system: readonly string[];
  /** At least one; users and assistant take turns, and a user begins and ends. */
  readonly turns: readonly MessageTurn[];
}

/** What a user says where the protocol demands that one says something, and none does. */
const GO_ON = 'Continue.';

/** The conversation as the Messages protocol wants it told. */
export function toConversation(messages: readonly ChatMessage[]): Conversation {
  const system = messages.flatMap(instructionsOf);
  const turns = inTurns(messages);
  if (turns.length > 0) return { system, turns };
  // Instructions alone: they are what is to be answered.
  return { system: [], turns: [userSays(system.join('\n\n'))] };
}

/** The functions that the conversation calls, as far as can be told from their calls. */
export function calledTools(messages: readonly ChatMessage[]): readonly ChatTool[] {
  const calls = messages.flatMap((message) => (message.role === 'assistant' ? message.toolCalls : []));
  const names = new Set(calls.map(({ name }) => name));
  return [...names].map((name) => ({ name, description: null, parameters: null, strict: null }));
}

function instructionsOf(message: ChatMessage): readonly string[] {
  if (message.role !== 'system' && message.role !== 'developer') return [];
  return message.content.map(({ text }) => text).filter(isTold);
}

function inTurns(messages: readonly ChatMessage[]): readonly MessageTurn[] {
  const ids = new ToolIds();
  const turns = messages.flatMap((message) => turnOf(message, ids));
  const merged = mergeTurns(turns.filter(({ role, content }) => role === 'user' || content.length > 0));
  if (merged.length === 0) return [];
  const told = merged.map((turn) => (turn.content.length > 0 ? turn : userSays('')));
  const opening = told[0]?.role === 'assistant' ? [userSays('')] : [];
  const closing = told.at(-1)?.role === 'assistant' ? [userSays('')] : [];
  return [...opening, ...told, ...closing];
}

function turnOf(message: ChatMessage, ids: ToolIds): readonly MessageTurn[] {
  switch (message.role) {
    case 'system':
    case 'developer':
      return [];
    case 'user':
      return [{ role: 'user', content: toBlocks(message.content) }];
    case 'assistant': {
      const calls = message.toolCalls.map((call) => toToolUse(call, ids.forCall(call.id)));
      return [{ role: 'assistant', content: [...toBlocks(message.content), ...calls] }];
    }
    case 'tool':
      return [{ role: 'user', content: [toToolResult(message, ids.forResult(message.toolCallId))] }];
  }
}

function mergeTurns(turns: readonly MessageTurn[]): readonly MessageTurn[] {
  const merged: { role: MessageTurn['role']; content: MessageBlock[] }[] = [];
  for (const { role, content } of turns) {
    const last = merged.at(-1);
    if (last?.role === role) last.content.push(...content);
    else merged.push({ role, content: [...content] });
  }
  return merged;
}

/** It says something; the protocol refuses blank texts nearly everywhere. */
export const isTold = (text: string | null): boolean => text !== null && text.trim() !== '';

const userSays = (text: string): MessageTurn => ({
  role: 'user',
  content: [{ type: 'text', text: isTold(text) ? text : GO_ON }],
});

/** Blank texts are left out: the protocol refuses them. */
function toBlocks(parts: readonly ChatPart[]): readonly MessageBlock[] {
  return parts.filter((part) => part.type !== 'text' || isTold(part.text)).map(toBlock);
}

function toBlock(part: ChatPart): MessageBlock {
  if (part.type === 'text') return { type: 'text', text: part.text };
  const { data, url } = part;
  const source =
    data === null ? { type: 'url', url } : { type: 'base64', media_type: data.mediaType, data: data.base64 };
  if (part.type === 'image') return { type: 'image', source };
  return { type: 'document', source, ...(isTold(part.filename) && { title: part.filename }) };
}

const toToolUse = (call: ChatToolCall, id: string): MessageBlock => ({
  type: 'tool_use',
  id,
  name: call.name,
  input: toInput(call.arguments),
});

/** A model may have written what is no object; the conversation must go on all the same. */
function toInput(json: string): JsonObject {
  if (!isTold(json)) return {};
  const input = asRecord(parseExactly(json));
  return input === null || Array.isArray(input) ? { arguments: json } : input;
}

function toToolResult(message: ChatToolMessage, id: string): MessageBlock {
  const content = toBlocks(message.content);
  return { type: 'tool_result', tool_use_id: id, ...(content.length > 0 && { content }) };
}

/**
 * Names of tool calls that the protocol takes: of few characters, and each only once in a conversation. Other models name
 * theirs as they like, and some begin anew in each turn.
 */
class ToolIds {
  private readonly used = new Set<string>();
  private readonly latest = new Map<string, string>();

  forCall(id: string): string {
    const plain = id.replace(/[^a-zA-Z0-9_-]/g, '_');
    let free = plain;
    for (let n = 2; this.used.has(free); n++) free = `${plain}_${n}`;
    this.used.add(free);
    this.latest.set(id, free);
    return free;
  }

  /** The name of the latest call of this id: results stand right behind their calls. */
  forResult(id: string): string {
    return this.latest.get(id) ?? id;
  }
}
