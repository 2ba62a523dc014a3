import type { AccountType } from '@crs/extension-api';
import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsIn, IsString, Length, MaxLength } from 'class-validator';
import { ListQueryDto, QueryBoolean } from '../../core/http/list-query.dto.js';
import { tidyText } from '../../core/http/tidy-text.js';
import type { AccountFilter } from '../account-query.service.js';
import { ACCOUNT_TYPES } from '../account-record.js';
import { Optional } from './setting-field.js';

const MAX_TEXT_LENGTH = 200;

const QueryText = (): PropertyDecorator =>
  applyDecorators(
    Optional(),
    Transform(tidyText),
    MaxLength(MAX_TEXT_LENGTH),
    IsString({ message: '$property must be text' }),
  );

/** Which accounts are wanted. */
export class AccountListQueryDto extends ListQueryDto implements AccountFilter {
  @ApiPropertyOptional({ description: 'Only accounts that are (not) switched off.', type: Boolean, example: true })
  @QueryBoolean()
  isActive?: boolean;

  @ApiPropertyOptional({ description: 'Only accounts that may (not) get new requests.', type: Boolean, example: true })
  @QueryBoolean()
  schedulable?: boolean;

  @ApiPropertyOptional({ description: 'Only accounts of this type.', enum: ACCOUNT_TYPES, example: 'shared' })
  @Optional()
  @IsIn(ACCOUNT_TYPES, { message: `$property must be one of: ${ACCOUNT_TYPES.join(', ')}` })
  accountType?: AccountType;

  @ApiPropertyOptional({ description: 'Only accounts with this status, as their answers spell it.', example: 'active' })
  @QueryText()
  status?: string;

  @ApiPropertyOptional({
    description: 'Part of the name, in any case.',
    maxLength: MAX_TEXT_LENGTH,
    example: 'console',
  })
  @QueryText()
  search?: string;

  @ApiPropertyOptional({
    description: 'Only members of this account group, by its id.',
    example: '0b9f8f0e-5f0c-4f58-9a51-6a3c5b8f3f3d',
  })
  @QueryText()
  group?: string;
}

/** What an account is wanted for. */
export class AvailabilityQueryDto {
  @ApiPropertyOptional({ description: 'The model that a client would ask for.', example: 'claude-sonnet-4-5-20250929' })
  @Optional()
  @Length(1, 200)
  @IsString({ message: '$property must be text' })
  model?: string;
}
