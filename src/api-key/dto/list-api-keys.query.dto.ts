import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsIn, IsOptional, IsString, MaxLength } from 'class-validator';
import type { ServiceName } from '@crs/extension-api';
import { ListQueryDto, QueryBoolean } from '../../core/http/list-query.dto.js';
import { tidyText } from '../../core/http/tidy-text.js';

const SERVICES: readonly ServiceName[] = ['claude', 'codex'];
const MAX_SEARCH_LENGTH = 100;

/** Which keys a list shall hold. */
export class ListApiKeysQueryDto extends ListQueryDto {
  @ApiPropertyOptional({ description: 'Also deleted keys.', type: Boolean, default: false, example: false })
  @QueryBoolean()
  includeDeleted?: boolean;

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
  @IsString({ message: '$property must be text' })
  @MaxLength(MAX_SEARCH_LENGTH, { message: `$property must have at most ${MAX_SEARCH_LENGTH} characters` })
  search?: string;
}
