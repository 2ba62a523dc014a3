import { ValidateBy, type ValidationArguments } from 'class-validator';

/** A text of `min` to `max` characters, in one rule, so that a missing field is told as missing. `min` is at least 1. */
export const TextLength = (min: number, max: number): PropertyDecorator =>
  ValidateBy({
    name: 'textLength',
    validator: {
      validate: (value) => typeof value === 'string' && value.length >= min && value.length <= max,
      defaultMessage: (args?: ValidationArguments) => `$property ${complaint(args?.value, min, max)}`,
    },
  });

function complaint(value: unknown, min: number, max: number): string {
  if (value === undefined || value === null || value === '') return 'is required';
  return typeof value === 'string' ? `must have ${min} to ${max} characters` : 'must be a text';
}
