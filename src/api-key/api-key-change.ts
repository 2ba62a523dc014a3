import type { ApiKeyId } from '@crs/extension-api';
import type { FieldError } from '../core/http/problem-details.js';
import { bind, type BindingInput } from './api-key-bindings.js';
import { type ApiKeyRecord, type ApiKeySettings, DEFAULT_SETTINGS, NO_BINDINGS } from './api-key-record.js';
import { complaintOfTags } from './api-key-tags.js';

/** What an administrator asks for. Undefined: not touched; null: back to the default. */
export type ApiKeyInput = BindingInput & { readonly [F in keyof ApiKeySettings]?: ApiKeySettings[F] | null };

/** A new key must have a name. */
export type NewApiKeyInput = ApiKeyInput & { readonly name: string };

export interface NewKeyFacts {
  readonly id: ApiKeyId;
  readonly secretHash: string;
  readonly now: Date;
}

const SERVED = ['claude', 'codex'];
/** Services that v1 has and this gateway does not. */
const KEPT = ['gemini', 'droid'];
type SettingField = keyof ApiKeySettings;
type MutableSettings = { -readonly [F in SettingField]: ApiKeySettings[F] };

/** The defaults name every setting, and nothing else. */
const SETTING_FIELDS = Object.keys(DEFAULT_SETTINGS) as SettingField[];

export function newApiKey(input: NewApiKeyInput, { id, secretHash, now }: NewKeyFacts): ApiKeyRecord {
  const settings = settle(DEFAULT_SETTINGS, input);
  const isActivated = settings.expirationMode === 'fixed';
  return {
    ...settings,
    id,
    secretHash,
    bindings: bind(NO_BINDINGS, input),
    isActivated,
    activatedAt: isActivated ? now : null,
    createdAt: now,
    createdBy: 'admin',
    updatedAt: null,
    lastUsedAt: null,
    userId: '',
    userUsername: '',
    deletion: null,
    restoration: null,
  };
}

export function changeApiKey(record: ApiKeyRecord, input: ApiKeyInput, now: Date): ApiKeyRecord {
  const next = { ...record, ...settle(record, input), bindings: bind(record.bindings, input), updatedAt: now };
  if (next.expirationMode === record.expirationMode) return next;
  // The life begins anew with the next use, or, for a fixed key, has begun.
  return next.expirationMode === 'activation'
    ? { ...next, isActivated: false, activatedAt: null, expiresAt: null }
    : { ...next, isActivated: true, activatedAt: record.activatedAt ?? now };
}

/** What of an input cannot be carried out on this key; `null` is a key that is yet to be made. */
export function problemsOf(input: ApiKeyInput, record: ApiKeyRecord | null): readonly FieldError[] {
  return [
    ...permissionProblems(input, record?.permissions ?? []),
    ...tagProblems(input, record?.tags ?? []),
    ...expiryProblems(input, record),
    ...bindingProblems(input),
  ];
}

/** What of an input cannot be carried out on any key that there may be. */
export const problemsOfAny = (input: ApiKeyInput): readonly FieldError[] => [
  ...permissionProblems(input, KEPT),
  ...bindingProblems(input),
];

/** What v1 allowed and this gateway does not serve is kept, but not handed out. */
function permissionProblems({ permissions }: ApiKeyInput, kept: readonly string[]): FieldError[] {
  const known = [...SERVED, ...kept];
  if ((permissions ?? []).every((name) => known.includes(name))) return [];
  return [
    { field: 'permissions', message: "permissions may hold 'claude' and 'codex'; an empty list allows every service" },
  ];
}

function tagProblems({ tags }: ApiKeyInput, current: readonly string[]): FieldError[] {
  const complaint = complaintOfTags(tags ?? [], current);
  return complaint === null ? [] : [{ field: 'tags', message: `tags ${complaint}` }];
}

function expiryProblems({ expiresAt, expirationMode }: ApiKeyInput, record: ApiKeyRecord | null): FieldError[] {
  if (expiresAt === undefined || expiresAt === null) return [];
  const mode = expirationMode === undefined ? (record?.expirationMode ?? 'fixed') : (expirationMode ?? 'fixed');
  const started = record?.expirationMode === 'activation' && record.isActivated;
  if (mode === 'fixed' || started) return [];
  return [
    {
      field: 'expiresAt',
      message: 'expiresAt cannot be set while expirationMode is activation: it follows from the first use of the key',
    },
  ];
}

function bindingProblems({ claudeAccountId, claudeConsoleAccountId }: ApiKeyInput): FieldError[] {
  if ((claudeAccountId ?? null) === null || (claudeConsoleAccountId ?? null) === null) return [];
  return [
    {
      field: 'claudeAccountId',
      message: 'claudeAccountId and claudeConsoleAccountId exclude each other: a key has one Claude binding',
    },
  ];
}

function settle(current: ApiKeySettings, input: ApiKeyInput): ApiKeySettings {
  const next: MutableSettings = { ...current };
  for (const field of SETTING_FIELDS) assign(next, field, input[field]);
  return next;
}

function assign<F extends SettingField>(
  settings: MutableSettings,
  field: F,
  value: ApiKeySettings[F] | null | undefined,
): void {
  if (value !== undefined) settings[field] = value ?? DEFAULT_SETTINGS[field];
}
