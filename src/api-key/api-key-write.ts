import type { ApiKeyRecord } from './api-key-record.js';
import { encodeApiKey, type StoredFields, type StoredHashes } from './api-key.codec.js';

/** A key together with the texts that it was read from, which tell whether somebody else has changed it since. */
export interface StoredApiKey {
  readonly record: ApiKeyRecord;
  readonly stored: StoredHashes;
}

/** What an update writes: only fields whose value has changed, so that what v1 left beside them stays as it is. */
export interface ApiKeyWrite {
  readonly set: StoredFields;
  readonly unset: readonly string[];
  readonly extraSet: StoredFields;
  readonly extraUnset: readonly string[];
}

const NOTHING: StoredFields = {};

export function diffApiKey(before: ApiKeyRecord, after: ApiKeyRecord): ApiKeyWrite {
  const [old, next] = [encodeApiKey(before), encodeApiKey(after)];
  return {
    set: { ...changed(old.fields, next.fields), ...restrictionForV1(before, after, next.fields) },
    unset: gone(old.fields, next.fields),
    extraSet: changed(old.extra, next.extra),
    extraUnset: gone(old.extra, next.extra),
  };
}

/** True when there is nothing to write. */
export function isEmptyWrite({ set, unset, extraSet, extraUnset }: ApiKeyWrite): boolean {
  const fields = Object.keys(set).length + Object.keys(extraSet).length;
  return fields + unset.length + extraUnset.length === 0;
}

/**
 * A new restriction is written out for v1 even where its texts look unchanged: v1 may have set a deny list of its own
 * beside an allow list, and the administrator has now decided about both.
 */
function restrictionForV1(before: ApiKeyRecord, after: ApiKeyRecord, next: StoredFields): StoredFields {
  const restrictionOf = (record: ApiKeyRecord) =>
    JSON.stringify([record.modelRestrictionMode, record.enableModelRestriction, record.restrictedModels]);
  if (restrictionOf(before) === restrictionOf(after)) return NOTHING;
  return pick(next, ['enableModelRestriction', 'restrictedModels']);
}

const changed = (old: StoredFields, next: StoredFields): StoredFields =>
  Object.fromEntries(Object.entries(next).filter(([field, text]) => old[field] !== text));

const gone = (old: StoredFields, next: StoredFields): readonly string[] =>
  Object.keys(old).filter((field) => !(field in next));

const pick = (fields: StoredFields, names: readonly string[]): StoredFields =>
  Object.fromEntries(Object.entries(fields).filter(([field]) => names.includes(field)));
