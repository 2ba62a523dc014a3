import { ApiProperty, IntersectionType } from '@nestjs/swagger';
import { AccessSettingsDto } from './access-settings.dto.js';
import { IsApiKeyName, NAME_DOCS } from './api-key-name.js';
import { LifeSettingsDto } from './life-settings.dto.js';
import { LimitSettingsDto } from './limit-settings.dto.js';
import { RefuseStoredFields } from './refused-fields.js';

/** A new key. */
@RefuseStoredFields()
export class CreateApiKeyDto extends IntersectionType(LimitSettingsDto, AccessSettingsDto, LifeSettingsDto) {
  @ApiProperty(NAME_DOCS)
  @IsApiKeyName()
  name!: string;
}
