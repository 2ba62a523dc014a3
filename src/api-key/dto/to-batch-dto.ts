import type { BatchResult } from '../api-key-batch.service.js';
import type { CreatedApiKey } from '../api-key.service.js';
import type { CreatedApiKeysDto } from './batch-create.dto.js';
import type { BatchResultDto, BatchResultsDto } from './batch-result.dto.js';
import { toCreatedApiKeyDto } from './to-api-key-dto.js';

export function toCreatedApiKeysDto(created: readonly CreatedApiKey[]): Readonly<CreatedApiKeysDto> {
  return { items: created.map(toCreatedApiKeyDto), total: created.length };
}

export function toBatchResultsDto(results: readonly BatchResult[]): Readonly<BatchResultsDto> {
  const items = results.map(toBatchResultDto);
  return { items, total: items.length, failed: items.filter(({ ok }) => !ok).length };
}

const toBatchResultDto = ({ id, error }: BatchResult): Readonly<BatchResultDto> =>
  error === null ? { id, ok: true } : { id, ok: false, error };
