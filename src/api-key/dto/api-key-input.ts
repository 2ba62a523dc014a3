import type { ApiKeyInput, NewApiKeyInput } from '../api-key-change.js';
import type { BatchChange } from '../api-key-batch.service.js';
import type { ApiKeyPage } from '../api-key-query.service.js';
import type { BatchChangesDto } from './batch-change.dto.js';
import type { BatchCreateApiKeysDto } from './batch-create.dto.js';
import type { CreateApiKeyDto } from './create-api-key.dto.js';
import type { ListApiKeysQueryDto } from './list-api-keys.query.dto.js';
import type { UpdateApiKeyDto } from './update-api-key.dto.js';

export function toNewApiKeyInput(dto: CreateApiKeyDto): NewApiKeyInput {
  return { ...toSettings(dto), name: dto.name };
}

export function toApiKeyInput(dto: UpdateApiKeyDto): ApiKeyInput {
  return toSettings(dto);
}

export function toApiKeyPage(query: ListApiKeysQueryDto): ApiKeyPage {
  return {
    filter: {
      deletion: deletionOf(query),
      isActive: query.isActive ?? null,
      service: query.permissions ?? null,
      tag: query.tag ?? null,
      search: query.search ?? '',
    },
    order: { by: query.sort ?? 'createdAt', descending: query.order !== 'asc' },
    offset: query.offset,
    limit: query.limit,
  };
}

export function toBatchInput({ count, ...dto }: BatchCreateApiKeysDto): readonly [NewApiKeyInput, number] {
  return [{ ...toSettings(dto), name: dto.name }, count];
}

export function toBatchChange({ addTags, removeTags, ...dto }: BatchChangesDto): BatchChange {
  return { settings: toSettings(dto), tags: { add: addTags ?? [], remove: removeTags ?? [] } };
}

function deletionOf({ deletedOnly = false, includeDeleted = false }: ListApiKeysQueryDto) {
  if (deletedOnly) return 'deleted';
  return includeDeleted ? 'any' : 'live';
}

function toSettings({ expiresAt, ...settings }: Readonly<UpdateApiKeyDto>): ApiKeyInput {
  if (expiresAt === undefined) return settings;
  return { ...settings, expiresAt: expiresAt === null ? null : new Date(expiresAt) };
}
