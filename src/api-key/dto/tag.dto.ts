import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsBoolean, IsOptional, IsString, Length, Matches } from 'class-validator';
import { NO_CONTROL_CHARACTERS, tidyText } from '../../core/http/tidy-text.js';
import { MAX_TAG_LENGTH } from '../api-key-tags.js';
import { IsAddressableTag } from './setting-field.js';

const TagName = (description: string): PropertyDecorator =>
  applyDecorators(
    ApiProperty({ description, example: 'team-a', minLength: 1, maxLength: MAX_TAG_LENGTH }),
    Transform(tidyText),
    IsString({ message: '$property must be text' }),
    Length(1, MAX_TAG_LENGTH, { message: `$property must have 1 to ${MAX_TAG_LENGTH} characters` }),
    Matches(NO_CONTROL_CHARACTERS, { message: '$property must not hold control characters' }),
    IsAddressableTag(),
  );

/** A new tag. */
export class CreateTagDto {
  @TagName('The tag.')
  name!: string;
}

/** Another name for a tag. */
export class RenameTagDto {
  @TagName('The new name.')
  name!: string;

  @ApiPropertyOptional({
    description: 'Whether the new name may be that of another tag, with which this one then becomes one.',
    type: Boolean,
    default: false,
    example: false,
  })
  @IsOptional()
  @IsBoolean({ message: '$property must be true or false' })
  merge?: boolean;
}

/** A tag. */
export class TagDto {
  @ApiProperty({ description: 'The tag.', type: String, example: 'team-a' })
  name!: string;

  @ApiProperty({ description: 'How many keys have it, deleted ones apart.', type: 'integer', example: 3 })
  keys!: number;
}

/** What a change of a tag did. */
export class ChangedTagDto {
  @ApiProperty({ description: 'The tag: its new name, or that of the deleted one.', type: String, example: 'team-b' })
  name!: string;

  @ApiProperty({
    description: 'How many keys were changed, deleted ones included.',
    type: 'integer',
    example: 3,
  })
  changedKeys!: number;
}
