import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { IsString, Length, Matches } from 'class-validator';

const MAX_NAME_LENGTH = 200;
const MAX_URL_LENGTH = 2000;
const MAX_SECRET_LENGTH = 4096;

const Trimmed = (): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.trim() : value));

const Text = (maxLength: number): PropertyDecorator =>
  applyDecorators(
    Trimmed(),
    IsString({ message: '$property must be text' }),
    Length(1, maxLength, { message: `$property must have 1 to ${maxLength} characters` }),
  );

export const AccountName = (): PropertyDecorator => Text(MAX_NAME_LENGTH);

/** What makes an address right depends on the configuration, so that is judged later. */
export const AccountUrl = (): PropertyDecorator => Text(MAX_URL_LENGTH);

/** It goes into a header, where only visible ASCII can stand. */
export const AccountSecret = (): PropertyDecorator =>
  applyDecorators(
    Text(MAX_SECRET_LENGTH),
    Matches(/^[\x21-\x7e]*$/, { message: '$property must be visible ASCII characters without spaces' }),
  );
