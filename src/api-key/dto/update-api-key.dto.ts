import { ApiPropertyOptional, IntersectionType } from '@nestjs/swagger';
import { ValidateIf } from 'class-validator';
import { AccessSettingsDto } from './access-settings.dto.js';
import { IsApiKeyName, NAME_DOCS } from './api-key-name.js';
import { LifeSettingsDto } from './life-settings.dto.js';
import { LimitSettingsDto } from './limit-settings.dto.js';
import { RefuseStoredFields } from './refused-fields.js';

/** A change: only the fields given, null = back to the default. */
@RefuseStoredFields()
export class UpdateApiKeyDto extends IntersectionType(LimitSettingsDto, AccessSettingsDto, LifeSettingsDto) {
  @ApiPropertyOptional(NAME_DOCS)
  @ValidateIf((_, value) => value !== undefined)
  @IsApiKeyName()
  name?: string;
}
