import { ApiProperty } from '@nestjs/swagger';
import type { NewAccountInput } from '../account-input.js';
import { AccountSettingsDto } from './account-settings.dto.js';
import { AccountName, AccountSecret, AccountUrl } from './identity-field.js';

/** A new account. */
export class CreateAccountDto extends AccountSettingsDto implements NewAccountInput {
  @ApiProperty({ description: 'How people call it.', minLength: 1, maxLength: 200, example: 'console-primary' })
  @AccountName()
  name!: string;

  @ApiProperty({
    description: 'Address of the upstream: http or https, without user, query or fragment.',
    example: 'https://api.example.com',
  })
  @AccountUrl()
  apiUrl!: string;

  @ApiProperty({
    description: 'Key of the upstream. Stored sealed, never answered.',
    writeOnly: true,
    example: 'sk-ant-example',
  })
  @AccountSecret()
  apiKey!: string;
}
