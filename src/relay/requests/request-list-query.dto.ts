import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import { ListQueryDto, QueryBoolean } from '../../core/http/list-query.dto.js';
import type { RequestFilter } from './request-log.service.js';

const MAX_ID_LENGTH = 200;

/** Which requests are wanted. */
export class RequestListQueryDto extends ListQueryDto implements RequestFilter {
  @ApiPropertyOptional({
    description:
      'true = only requests for which an account failed, or which did not end well for the client; false = only the others.',
    type: Boolean,
    example: true,
  })
  @QueryBoolean()
  troubled?: boolean;

  @ApiPropertyOptional({
    description: 'Only requests of this key, by its id.',
    maxLength: MAX_ID_LENGTH,
    example: '80cac638-f623-4bed-ac85-8a1a69d6525d',
  })
  @IsOptional()
  @MaxLength(MAX_ID_LENGTH)
  @IsString({ message: '$property must be one text' })
  keyId?: string;

  @ApiPropertyOptional({
    description: 'Only requests for which this account was asked, by its id.',
    maxLength: MAX_ID_LENGTH,
    example: '6f9619ff-8b86-4d01-b42d-00cf4fc964ff',
  })
  @IsOptional()
  @MaxLength(MAX_ID_LENGTH)
  @IsString({ message: '$property must be one text' })
  accountId?: string;
}
