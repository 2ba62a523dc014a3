import type { ServiceName } from '@crs/extension-api';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import { ListQueryDto } from '../../../core/http/list-query.dto.js';
import { Optional } from '../../dto/setting-field.js';
import type { GroupFilter } from '../group.service.js';
import { GROUP_PLATFORMS } from './group-input.dto.js';

/** Which groups are wanted. */
export class GroupListQueryDto extends ListQueryDto implements GroupFilter {
  @ApiPropertyOptional({ description: 'Only groups of this platform.', enum: GROUP_PLATFORMS, example: 'claude' })
  @Optional()
  @IsIn(GROUP_PLATFORMS, { message: `$property must be one of: ${GROUP_PLATFORMS.join(', ')}` })
  platform?: ServiceName;
}
