import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, type TransformFnParams } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsNumber,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateBy,
} from 'class-validator';
import { isAddressable } from '../api-key-tags.js';
import { NO_CONTROL_CHARACTERS, tidyText } from '../../core/http/tidy-text.js';

/** Fields of a key that an administrator may give: absent = untouched, null = back to the default. */

const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const ACCOUNT_OR_GROUP = new RegExp(`^(?:group:)?${UUID}$`);
const GROUP = new RegExp(`^group:${UUID}$`);

export interface FieldDocs {
  readonly description: string;
  readonly example: unknown;
}

/** USD, or another amount that need not be whole. */
export const AmountField = (docs: FieldDocs, { max = Number.MAX_SAFE_INTEGER } = {}): PropertyDecorator =>
  applyDecorators(
    ApiPropertyOptional({ ...docs, type: Number, nullable: true, minimum: 0, maximum: max, default: 0 }),
    IsOptional(),
    IsNumber({ allowNaN: false, allowInfinity: false }, { message: '$property must be a number' }),
    Min(0, { message: '$property must be 0 or more' }),
    Max(max, { message: `$property must be ${max} or less` }),
  );

export const CountField = (
  docs: FieldDocs,
  { min = 0, max = Number.MAX_SAFE_INTEGER, fallback = 0 } = {},
): PropertyDecorator =>
  applyDecorators(
    ApiPropertyOptional({ ...docs, type: 'integer', nullable: true, minimum: min, maximum: max, default: fallback }),
    IsOptional(),
    IsInt({ message: '$property must be a whole number' }),
    Min(min, { message: `$property must be ${min} or more` }),
    Max(max, { message: `$property must be ${max} or less` }),
  );

export const FlagField = (docs: FieldDocs, fallback: boolean | null): PropertyDecorator =>
  applyDecorators(
    ApiPropertyOptional({ ...docs, type: Boolean, nullable: true, default: fallback }),
    IsOptional(),
    IsBoolean({ message: '$property must be true or false' }),
  );

export const ChoiceField = (docs: FieldDocs, choices: readonly string[], fallback: string): PropertyDecorator =>
  applyDecorators(
    ApiPropertyOptional({ ...docs, enum: [...choices], nullable: true, default: fallback }),
    IsOptional(),
    IsIn(choices, { message: `$property must be one of: ${choices.join(', ')}` }),
  );

export const TextField = (docs: FieldDocs, maxLength: number): PropertyDecorator =>
  applyDecorators(
    ApiPropertyOptional({ ...docs, type: String, nullable: true, maxLength, default: '' }),
    IsOptional(),
    Transform(tidyText),
    IsString({ message: '$property must be text' }),
    MaxLength(maxLength, { message: `$property must have at most ${maxLength} characters` }),
  );

/** A list of different, trimmed texts. */
export const NamesField = (
  docs: FieldDocs,
  limits: { readonly items: number; readonly length: number },
): PropertyDecorator =>
  applyDecorators(
    ApiPropertyOptional({ ...docs, type: [String], nullable: true, maxItems: limits.items, default: [] }),
    IsOptional(),
    Transform(tidyNames),
    IsArray({ message: '$property must be a list of texts' }),
    ArrayMaxSize(limits.items, { message: `$property may hold at most ${limits.items} items` }),
    IsString({ each: true, message: '$property must be a list of texts' }),
    Length(1, limits.length, {
      each: true,
      message: `each item of $property must have 1 to ${limits.length} characters`,
    }),
    Matches(NO_CONTROL_CHARACTERS, { each: true, message: '$property must not hold control characters' }),
  );

/** Beside the other rules of tags, of one or of a list. */
export const IsAddressableTag = (each = false): PropertyDecorator =>
  ValidateBy(
    {
      name: 'isAddressableTag',
      validator: {
        validate: (value) => typeof value !== 'string' || isAddressable(value),
        defaultMessage: () => '$property must not hold . or .., which no path can name',
      },
    },
    { each },
  );

export const AccountField = (docs: FieldDocs): PropertyDecorator =>
  bindingField(docs, ACCOUNT_OR_GROUP, '$property must be the id of an account (a UUID) or group:{id of a group}');

export const GroupField = (docs: FieldDocs): PropertyDecorator =>
  bindingField(
    docs,
    GROUP,
    '$property must be group:{id of a group}: official Claude accounts are not served here; bind a claude-console account with claudeConsoleAccountId',
  );

const bindingField = (docs: FieldDocs, form: RegExp, message: string): PropertyDecorator =>
  applyDecorators(
    ApiPropertyOptional({ ...docs, type: String, nullable: true, default: null }),
    IsOptional(),
    Transform(toLowerCase),
    Matches(form, { message }),
  );

export function tidyNames({ value }: Pick<TransformFnParams, 'value'>): unknown {
  const given: unknown = value;
  return Array.isArray(given) ? [...new Set(given.map((item: unknown) => tidyText({ value: item })))] : given;
}

function toLowerCase({ value }: Pick<TransformFnParams, 'value'>): unknown {
  return typeof value === 'string' ? value.toLowerCase() : value;
}
