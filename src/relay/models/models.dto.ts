import type { ModelEntry } from './models.service.js';

/** No upstream says when a model was made; the protocols want a date. */
const CREATED_AT = new Date('2025-01-01T00:00:00Z');

export type ModelDto =
  | { readonly type: 'model'; readonly id: string; readonly display_name: string; readonly created_at: string }
  | { readonly id: string; readonly object: 'model'; readonly created: number; readonly owned_by: string };

export type ModelListDto =
  | {
      readonly data: readonly ModelDto[];
      readonly has_more: false;
      readonly first_id: string | null;
      readonly last_id: string | null;
    }
  | { readonly object: 'list'; readonly data: readonly ModelDto[] };

export function toModelDto({ id, ownedBy }: ModelEntry, asAnthropic: boolean): ModelDto {
  return asAnthropic
    ? { type: 'model', id, display_name: id, created_at: CREATED_AT.toISOString() }
    : { id, object: 'model', created: CREATED_AT.getTime() / 1000, owned_by: ownedBy };
}

export function toModelListDto(entries: readonly ModelEntry[], asAnthropic: boolean): ModelListDto {
  const data = entries.map((entry) => toModelDto(entry, asAnthropic));
  if (!asAnthropic) return { object: 'list', data };
  return { data, has_more: false, first_id: entries[0]?.id ?? null, last_id: entries.at(-1)?.id ?? null };
}
