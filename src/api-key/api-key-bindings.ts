import type { Bindings } from './api-key-record.js';

/** What stands before the id of a group where the id of an account might stand. */
export const GROUP_PREFIX = 'group:';
const RESPONSES = 'responses:';

/** The bindings that an administrator may set. Undefined: not touched, null: not bound. */
export interface BindingInput {
  /** `group:{id}`, a group of Claude accounts. */
  readonly claudeAccountId?: string | null;
  /** An account id, or `group:{id}`. */
  readonly claudeConsoleAccountId?: string | null;
  /** An account id, or `group:{id}`. */
  readonly codexAccountId?: string | null;
}

/**
 * Where v1 keeps a binding: a Claude group in `claudeAccountId`, a codex account as `responses:{id}` in
 * `openaiAccountId`. A key has one Claude binding, so setting one ends the other: v1 would go on preferring the group.
 */
export function bind(current: Bindings, input: BindingInput): Bindings {
  return { ...current, ...claudeBinding(input), ...codexBinding(input) };
}

/** The codex binding as the API names it; null when there is none that this gateway serves. */
export function codexAccountIdOf({ openaiAccountId }: Bindings): string | null {
  if (openaiAccountId.startsWith(GROUP_PREFIX)) return openaiAccountId;
  return openaiAccountId.startsWith(RESPONSES) ? openaiAccountId.slice(RESPONSES.length) : null;
}

function claudeBinding({ claudeAccountId, claudeConsoleAccountId }: BindingInput): Partial<Bindings> {
  const given = claudeConsoleAccountId ?? claudeAccountId;
  if (given !== undefined && given !== null) {
    return given.startsWith(GROUP_PREFIX)
      ? { claudeAccountId: given, claudeConsoleAccountId: '' }
      : { claudeAccountId: '', claudeConsoleAccountId: given };
  }
  if (claudeConsoleAccountId === null) return { claudeAccountId: '', claudeConsoleAccountId: '' };
  return claudeAccountId === null ? { claudeAccountId: '' } : {};
}

function codexBinding({ codexAccountId }: BindingInput): Partial<Bindings> {
  if (codexAccountId === undefined) return {};
  if (codexAccountId === null) return { openaiAccountId: '' };
  return {
    openaiAccountId: codexAccountId.startsWith(GROUP_PREFIX) ? codexAccountId : `${RESPONSES}${codexAccountId}`,
  };
}
