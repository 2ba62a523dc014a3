import type { ApiKeyInput, NewApiKeyInput } from '../api-key-change.js';
import type { ApiKeyPage } from '../api-key.service.js';
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
    offset: query.offset,
    limit: query.limit,
    includeDeleted: query.includeDeleted ?? false,
    isActive: query.isActive ?? null,
    service: query.permissions ?? null,
    search: query.search ?? '',
  };
}

function toSettings({ expiresAt, ...settings }: Readonly<UpdateApiKeyDto>): ApiKeyInput {
  if (expiresAt === undefined) return settings;
  return { ...settings, expiresAt: expiresAt === null ? null : new Date(expiresAt) };
}
