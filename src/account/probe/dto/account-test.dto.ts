import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsString, Length, Matches } from 'class-validator';
import { NO_CONTROL_CHARACTERS } from '../../../core/http/tidy-text.js';
import { Optional } from '../../dto/setting-field.js';

/** What an account is tested with. */
export class AccountTestInputDto {
  @ApiPropertyOptional({
    description:
      'The model, as a client would ask for it; it is mapped as for a client. Left out: the first model that the account maps, else a cheap one.',
    maxLength: 200,
    example: 'claude-haiku-4-5',
  })
  @Optional()
  @Matches(NO_CONTROL_CHARACTERS, { message: '$property must not hold control characters' })
  @Length(1, 200)
  @IsString({ message: '$property must be text' })
  model?: string;
}
