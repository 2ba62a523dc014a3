import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsString, Length, ValidateBy, type ValidationArguments } from 'class-validator';
import { AsSent } from '../../core/http/tidy-text.js';
import type { PayloadRule } from '@crs/extension-api';

const VALUE_TYPES = ['string', 'number', 'boolean', 'json'] as const;
const MAX_PATH_LENGTH = 200;
const MAX_VALUE_LENGTH = 10_000;

/** Form fields arrive as text, so a number or a truth may be written as one. */
const FITS: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  number: (value) => (typeof value === 'string' ? isNumberText(value) : Number.isFinite(value)),
  boolean: (value) => typeof value === 'boolean' || value === 'true' || value === 'false',
  json: (value) => (typeof value === 'string' ? isJson(value) : value !== undefined),
};

/** Written into an object these would change what every object is. */
const UNSAFE_SEGMENTS: readonly string[] = ['__proto__', 'constructor', 'prototype'];

/** Whether a path is dotted names, none of them empty or one that an object has by nature. */
export const isFieldPath = (path: unknown): boolean =>
  typeof path === 'string' &&
  path.split('.').every((segment) => segment.trim() !== '' && !UNSAFE_SEGMENTS.includes(segment.trim()));

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const isNumberText = (text: string): boolean => text.trim() !== '' && Number.isFinite(Number(text));

/** Whether a rule's value is one of its type, and not out of all proportion. */
export function fitsValueType(value: unknown, valueType: unknown): boolean {
  const fits = typeof valueType === 'string' && Object.hasOwn(FITS, valueType) ? FITS[valueType] : undefined;
  return fits?.(value) === true && JSON.stringify(value).length <= MAX_VALUE_LENGTH;
}

const FitsValueType = (): PropertyDecorator =>
  ValidateBy({
    name: 'fitsValueType',
    validator: {
      validate: (value, args?: ValidationArguments) =>
        fitsValueType(value, (args?.object as Partial<PayloadRule> | undefined)?.valueType),
      defaultMessage: () =>
        `$property must be of the rule's valueType and no longer than ${MAX_VALUE_LENGTH} characters`,
    },
  });

const IsFieldPath = (): PropertyDecorator =>
  ValidateBy({
    name: 'isFieldPath',
    validator: {
      validate: isFieldPath,
      defaultMessage: () =>
        `$property must be names with dots between them, none empty or one of ${UNSAFE_SEGMENTS.join(', ')}`,
    },
  });

/** One change to the body of a Responses request. */
export class PayloadRuleDto implements PayloadRule {
  @ApiProperty({
    description:
      'Dotted path of the field to set. It goes through objects only; those that are missing or null are made.',
    example: 'reasoning.effort',
    maxLength: MAX_PATH_LENGTH,
  })
  // Applied from the bottom up; the first fault is told.
  @IsFieldPath()
  @Length(1, MAX_PATH_LENGTH, { message: `$property must have 1 to ${MAX_PATH_LENGTH} characters` })
  @IsString({ message: '$property must be text' })
  path!: string;

  @ApiProperty({ description: 'Type of the value.', enum: VALUE_TYPES, example: 'string' })
  @IsIn(VALUE_TYPES, { message: `$property must be one of: ${VALUE_TYPES.join(', ')}` })
  valueType!: PayloadRule['valueType'];

  @ApiProperty({ description: 'What to set, of that type; a text of type json is JSON itself.', example: 'high' })
  @AsSent()
  @FitsValueType()
  value!: unknown;
}
