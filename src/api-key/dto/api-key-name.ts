import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { IsString, Length, Matches } from 'class-validator';
import { NO_CONTROL_CHARACTERS, tidyText } from '../../core/http/tidy-text.js';

const MAX_NAME_LENGTH = 100;

export const NAME_DOCS = {
  description: 'For the reader; need not be unique.',
  example: 'web-team',
  minLength: 1,
  maxLength: MAX_NAME_LENGTH,
} as const;

/** The rules of a key's name: there is no default, so null is refused, too. */
export const IsApiKeyName = (maxLength: number = MAX_NAME_LENGTH): PropertyDecorator =>
  applyDecorators(
    Transform(tidyText),
    IsString({ message: '$property must be text' }),
    Length(1, maxLength, { message: `$property must have 1 to ${maxLength} characters` }),
    Matches(NO_CONTROL_CHARACTERS, { message: '$property must not hold control characters' }),
  );
