import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { IsString, Length, Matches } from 'class-validator';
import { NO_CONTROL_CHARACTERS, tidyText } from '../../core/http/tidy-text.js';

const MAX_NAME_LENGTH = 200;
const MAX_URL_LENGTH = 2000;
const MAX_SECRET_LENGTH = 4096;

const Text = (maxLength: number): PropertyDecorator =>
  applyDecorators(
    Transform(tidyText),
    IsString({ message: '$property must be text' }),
    Length(1, maxLength, { message: `$property must have 1 to ${maxLength} characters` }),
  );

export const AccountName = (): PropertyDecorator =>
  applyDecorators(
    Text(MAX_NAME_LENGTH),
    Matches(NO_CONTROL_CHARACTERS, { message: '$property must not hold control characters' }),
  );

/** What makes an address right depends on the configuration, so that is judged later. */
export const AccountUrl = (): PropertyDecorator => Text(MAX_URL_LENGTH);

/** It goes into a header, where only visible ASCII can stand. */
export const AccountSecret = (): PropertyDecorator =>
  applyDecorators(
    Text(MAX_SECRET_LENGTH),
    Matches(/^[\x21-\x7e]*$/, { message: '$property must be visible ASCII characters without spaces' }),
  );
