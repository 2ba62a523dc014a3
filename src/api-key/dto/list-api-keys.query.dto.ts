import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsIn, IsOptional, IsString, MaxLength } from 'class-validator';
import type { ServiceName } from '@crs/extension-api';
import { ListQueryDto, QueryBoolean } from '../../core/http/list-query.dto.js';
import { tidyText } from '../../core/http/tidy-text.js';
import { API_KEY_SORTS, type ApiKeySort } from '../api-key-selection.js';

const SERVICES: readonly ServiceName[] = ['claude', 'codex'];
const ORDERS = ['asc', 'desc'] as const;
const MAX_SEARCH_LENGTH = 100;
const MAX_TAG_LENGTH = 200;

/**
 * Which keys a list shall hold, in which order. Bare decorators are applied from the bottom up and the first fault is
 * told: the type stands last.
 */
export class ListApiKeysQueryDto extends ListQueryDto {
  @ApiPropertyOptional({ description: 'Also deleted keys.', type: Boolean, default: false, example: false })
  @QueryBoolean()
  includeDeleted?: boolean;

  @ApiPropertyOptional({
    description: 'Only deleted keys, whatever includeDeleted says.',
    type: Boolean,
    default: false,
    example: false,
  })
  @QueryBoolean()
  deletedOnly?: boolean;

  @ApiPropertyOptional({ description: 'Only keys that are, or are not, switched on.', type: Boolean, example: true })
  @QueryBoolean()
  isActive?: boolean;

  @ApiPropertyOptional({ description: 'Only keys that may use this service.', enum: SERVICES, example: 'claude' })
  @IsOptional()
  @IsIn(SERVICES, { message: `$property must be one of: ${SERVICES.join(', ')}` })
  permissions?: ServiceName;

  @ApiPropertyOptional({ description: 'Part of the name, in any case.', maxLength: MAX_SEARCH_LENGTH, example: 'team' })
  @IsOptional()
  @Transform(tidyText)
  @MaxLength(MAX_SEARCH_LENGTH, { message: `$property must have at most ${MAX_SEARCH_LENGTH} characters` })
  @IsString({ message: '$property must be one text' })
  search?: string;

  @ApiPropertyOptional({ description: 'Only keys that have this tag.', maxLength: MAX_TAG_LENGTH, example: 'team-a' })
  @IsOptional()
  @MaxLength(MAX_TAG_LENGTH, { message: `$property must have at most ${MAX_TAG_LENGTH} characters` })
  @IsString({ message: '$property must be one text' })
  tag?: string;

  @ApiPropertyOptional({
    description:
      'What to order by. Costs are those that the limits count: `cost` ever, `costToday` and `costMonth` in the configured zone. Equal keys are ordered by id.',
    enum: API_KEY_SORTS,
    default: 'createdAt',
    example: 'costToday',
  })
  @IsOptional()
  @IsIn(API_KEY_SORTS, { message: `$property must be one of: ${API_KEY_SORTS.join(', ')}` })
  sort?: ApiKeySort;

  @ApiPropertyOptional({
    description: '`asc`: the smallest, oldest or least used first; a key that was never used is last with `desc`.',
    enum: ORDERS,
    default: 'desc',
    example: 'desc',
  })
  @IsOptional()
  @IsIn(ORDERS, { message: `$property must be one of: ${ORDERS.join(', ')}` })
  order?: (typeof ORDERS)[number];
}
