import type { ServiceName } from '@crs/extension-api';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsIn, IsString, Matches, MaxLength } from 'class-validator';
import { RefusedFields } from '../../../core/http/refused-fields.js';
import { NO_CONTROLS_BUT_LINES, tidyText } from '../../../core/http/tidy-text.js';
import { AccountName } from '../../dto/identity-field.js';
import { Clearable, Optional } from '../../dto/setting-field.js';
import type { GroupInput, NewGroupInput } from '../group.service.js';

const MAX_DESCRIPTION_LENGTH = 2000;
export const GROUP_PLATFORMS = ['claude', 'codex'] as const satisfies readonly ServiceName[];

const READ_ONLY = 'is read-only';
const BY_MEMBERS = 'cannot be set: use the routes below .../members';
const REASONS = {
  id: READ_ONLY,
  memberCount: BY_MEMBERS,
  members: BY_MEMBERS,
  accountIds: BY_MEMBERS,
  createdAt: READ_ONLY,
  updatedAt: READ_ONLY,
};

const NAME_DOCS = { description: 'How people call it.', minLength: 1, maxLength: 200, example: 'team-plans' } as const;

/** What both bodies have. */
class GroupSettingsDto {
  @ApiPropertyOptional({
    description: 'Free text; null = none.',
    nullable: true,
    type: String,
    maxLength: MAX_DESCRIPTION_LENGTH,
    example: 'The accounts of the team plans',
  })
  @Clearable()
  @Transform(tidyText)
  @Matches(NO_CONTROLS_BUT_LINES, { message: '$property must not hold control characters' })
  @MaxLength(MAX_DESCRIPTION_LENGTH)
  @IsString({ message: '$property must be text' })
  description?: string | null;
}

/** A new group. */
@RefusedFields(REASONS)
export class CreateGroupDto extends GroupSettingsDto implements NewGroupInput {
  @ApiProperty(NAME_DOCS)
  @AccountName()
  name!: string;

  @ApiProperty({
    description: 'Whose accounts it shall hold. Cannot be changed later.',
    enum: GROUP_PLATFORMS,
    example: 'claude',
  })
  @IsIn(GROUP_PLATFORMS, { message: `$property must be one of: ${GROUP_PLATFORMS.join(', ')}` })
  platform!: ServiceName;
}

/** Changes to a group: what is left out stays as it is. */
@RefusedFields({ ...REASONS, platform: `${READ_ONLY}: its members are accounts of that platform` })
export class UpdateGroupDto extends GroupSettingsDto implements Partial<GroupInput> {
  @ApiPropertyOptional(NAME_DOCS)
  @Optional()
  @AccountName()
  name?: string;
}
