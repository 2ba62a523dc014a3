import { ApiPropertyOptional } from '@nestjs/swagger';
import type { AccountInput } from '../account-input.js';
import { AccountSettingsDto } from './account-settings.dto.js';
import { AccountName, AccountSecret, AccountUrl } from './identity-field.js';
import { Optional } from './setting-field.js';

/** Changes to an account: what is left out stays as it is. */
export class UpdateAccountDto extends AccountSettingsDto implements AccountInput {
  @ApiPropertyOptional({ description: 'How people call it.', minLength: 1, maxLength: 200, example: 'console-primary' })
  @Optional()
  @AccountName()
  name?: string;

  @ApiPropertyOptional({
    description: 'Address of the upstream: http or https, without user, query or fragment.',
    example: 'https://api.example.com',
  })
  @Optional()
  @AccountUrl()
  apiUrl?: string;

  @ApiPropertyOptional({
    description: 'A new key of the upstream. Stored sealed, never answered.',
    writeOnly: true,
    example: 'sk-ant-example',
  })
  @Optional()
  @AccountSecret()
  apiKey?: string;
}
