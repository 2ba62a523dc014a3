import { createHash } from 'node:crypto';

/** What a Claude request shows of its session. */
export interface ClaudeSessionHints {
  /** The header `x-claude-code-session-id`, or null. */
  readonly header: string | null;
  /** The value of the body's `metadata`, parsed; undefined when there is none. */
  readonly metadata: unknown;
  /** Parses the whole body. Called only when header and metadata name no session, which is rare and expensive. */
  readonly readBody: () => unknown;
}

type JsonRecord = Readonly<Record<string, unknown>>;

/** An id becomes part of a key in the store: visible, and no longer than any client makes it. */
export const SESSION_ID = /^\P{C}{1,200}$/u;
const USER_ID = /^user_[0-9a-f]{64}_account_.*_session_([0-9a-f-]+)$/i;
const HASH_LENGTH = 32;

/**
 * Claude Code puts it first among its system blocks. It differs between requests of one session, so it must not tell
 * them apart.
 */
const BILLING_BLOCK = 'x-anthropic-billing-header';

/**
 * What sticks the requests of one session together: the session id that the client names, else a hash of what stays
 * the same through a conversation (its cached prefix, its system prompt, its first message). Null: no stickiness.
 */
export function claudeSessionHash({ header, metadata, readBody }: ClaudeSessionHints): string | null {
  return sessionIdOf(header, asRecord(metadata)?.['user_id']) ?? contentHash(asRecord(readBody()));
}

/** The session id that the header or, in either of its forms, `metadata.user_id` names. */
export function sessionIdOf(header: string | null, userId: unknown): string | null {
  return asSessionId(header) ?? asSessionId(sessionInUserId(userId));
}

function asSessionId(value: unknown): string | null {
  return typeof value === 'string' && SESSION_ID.test(value) ? value : null;
}

function sessionInUserId(userId: unknown): unknown {
  if (typeof userId !== 'string') return null;
  if (!userId.startsWith('{')) return USER_ID.exec(userId)?.[1];
  const parsed = asRecord(parseJson(userId));
  return parsed !== null && isText(parsed['device_id']) ? parsed['session_id'] : null;
}

function contentHash(body: JsonRecord | null): string | null {
  if (body === null) return null;
  const system = typeof body['system'] === 'string' ? body['system'] : records(body['system']).filter(isNoBilling);
  const messages = records(body['messages']);
  const text = cachedText(system, messages) || textOf(system) || textOf(messages[0]?.['content']);
  return text === '' ? null : createHash('sha256').update(text).digest('hex').slice(0, HASH_LENGTH);
}

/** The text that the client has asked to be cached, and the conversation's first words if any message is cached. */
function cachedText(system: unknown, messages: readonly JsonRecord[]): string {
  const cachedSystem = textOf(records(system).filter(isEphemeral));
  return messages.some(isCached) ? cachedSystem + firstText(messages) : cachedSystem;
}

function isCached(message: JsonRecord): boolean {
  const content = message['content'];
  return typeof content === 'string' ? isEphemeral(message) : records(content).some(isEphemeral);
}

function isEphemeral(part: JsonRecord): boolean {
  return asRecord(part['cache_control'])?.['type'] === 'ephemeral';
}

function isNoBilling(part: JsonRecord): boolean {
  return !(isText(part['text']) && part['text'].startsWith(BILLING_BLOCK));
}

function firstText(messages: readonly JsonRecord[]): string {
  for (const message of messages) {
    const text = textOf(message['content']);
    if (text !== '') return text;
  }
  return '';
}

/** Text as it is, or that of all text parts, joined by nothing. */
function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  return records(content)
    .map((part) => part['text'])
    .filter(isText)
    .join('');
}

function records(value: unknown): JsonRecord[] {
  return Array.isArray(value) ? value.map(asRecord).filter((item) => item !== null) : [];
}

function asRecord(value: unknown): JsonRecord | null {
  return typeof value === 'object' && value !== null ? (value as JsonRecord) : null;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
