import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsString, Length, ValidateBy, type ValidationArguments } from 'class-validator';
import { AsSent } from '../../core/http/tidy-text.js';
import type { PayloadRule } from '../api-key-record.js';

const VALUE_TYPES = ['string', 'number', 'boolean', 'json'] as const;
const MAX_PATH_LENGTH = 200;
const MAX_VALUE_LENGTH = 10_000;

/** Form fields arrive as text, so a number or a truth may be written as one. */
const FITS: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  number: (value) => (typeof value === 'string' ? isNumberText(value) : Number.isFinite(value)),
  boolean: (value) => typeof value === 'boolean' || value === 'true' || value === 'false',
  json: (value) => value !== undefined,
};

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

/** One change to the body of a Responses request. */
export class PayloadRuleDto implements PayloadRule {
  @ApiProperty({
    description: 'Dotted path of the field to set.',
    example: 'reasoning.effort',
    maxLength: MAX_PATH_LENGTH,
  })
  @IsString({ message: '$property must be text' })
  @Length(1, MAX_PATH_LENGTH, { message: `$property must have 1 to ${MAX_PATH_LENGTH} characters` })
  path!: string;

  @ApiProperty({ description: 'Type of the value.', enum: VALUE_TYPES, example: 'string' })
  @IsIn(VALUE_TYPES, { message: `$property must be one of: ${VALUE_TYPES.join(', ')}` })
  valueType!: PayloadRule['valueType'];

  @ApiProperty({ description: 'What to set, of that type.', example: 'high' })
  @AsSent()
  @FitsValueType()
  value!: unknown;
}
