import type { AccountType } from '@crs/extension-api';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsString, Length } from 'class-validator';
import { ListQueryDto, QueryBoolean } from '../../core/http/list-query.dto.js';
import type { AccountFilter } from '../account-query.service.js';
import { ACCOUNT_TYPES } from '../account-record.js';
import { Optional } from './setting-field.js';

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
}

/** What an account is wanted for. */
export class AvailabilityQueryDto {
  @ApiPropertyOptional({ description: 'The model that a client would ask for.', example: 'claude-sonnet-4-5-20250929' })
  @Optional()
  @Length(1, 200)
  @IsString({ message: '$property must be text' })
  model?: string;
}
