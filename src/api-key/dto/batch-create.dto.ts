import { ApiProperty, IntersectionType } from '@nestjs/swagger';
import { IsInt, Max, Min } from 'class-validator';
import { AccessSettingsDto } from './access-settings.dto.js';
import { IsApiKeyName } from './api-key-name.js';
import { CreatedApiKeyDto } from './created-api-key.dto.js';
import { LifeSettingsDto } from './life-settings.dto.js';
import { LimitSettingsDto } from './limit-settings.dto.js';
import { RefuseStoredFields } from './refused-fields.js';

const MAX_KEYS = 500;
/** Leaves room for the number behind it. */
const MAX_PREFIX_LENGTH = 96;

/** Many new keys with the same settings. */
@RefuseStoredFields()
export class BatchCreateApiKeysDto extends IntersectionType(LimitSettingsDto, AccessSettingsDto, LifeSettingsDto) {
  @ApiProperty({
    description: 'The keys are named `{name}-1`, `{name}-2` and so on.',
    example: 'web-team',
    minLength: 1,
    maxLength: MAX_PREFIX_LENGTH,
  })
  @IsApiKeyName(MAX_PREFIX_LENGTH)
  name!: string;

  @ApiProperty({ description: 'How many keys to make.', type: 'integer', minimum: 1, maximum: MAX_KEYS, example: 20 })
  @Max(MAX_KEYS, { message: `$property must be ${MAX_KEYS} or less` })
  @Min(1, { message: '$property must be 1 or more' })
  @IsInt({ message: '$property must be a whole number' })
  count!: number;
}

/** The new keys with their secrets, which are answered this once. */
export class CreatedApiKeysDto {
  @ApiProperty({ description: 'The keys, each with its secret in `key`.', type: [CreatedApiKeyDto] })
  items!: readonly Readonly<CreatedApiKeyDto>[];

  @ApiProperty({ description: 'How many there are.', type: 'integer', example: 20 })
  total!: number;
}
