import { ApiProperty } from '@nestjs/swagger';
import { ApiKeyDto } from './api-key.dto.js';

/** A new key with its secret, which is answered this once. */
export class CreatedApiKeyDto extends ApiKeyDto {
  @ApiProperty({
    description: 'The secret, to be given to the client. It cannot be read again.',
    type: String,
    example: 'cr_d27cba5ebbf35ade6bde6eae3a71f34728d5193637e450420600c8429c7a4a17',
  })
  key!: string;
}
