import { applyDecorators } from '@nestjs/common';
import { IsBoolean, IsIn, IsInt, IsOptional, Max, Min, ValidateBy, ValidateIf } from 'class-validator';

/** A field that may be left out and may not be null. */
export const Optional = (): PropertyDecorator => ValidateIf((_, value) => value !== undefined);

/** A field that may be left out; null puts it back to its default. */
export const Clearable = (): PropertyDecorator => IsOptional();

/** An optional truth; null puts it back to its default. */
export const Switch = (): PropertyDecorator =>
  applyDecorators(Clearable(), IsBoolean({ message: '$property must be true or false' }));

/** An optional one of several words; null puts it back to its default. */
export const Choice = (choices: readonly string[]): PropertyDecorator =>
  applyDecorators(Clearable(), IsIn(choices, { message: `$property must be one of: ${choices.join(', ')}` }));

/** An optional whole number; null puts it back to its default. */
export const WholeNumber = ({ min, max }: { readonly min: number; readonly max: number }): PropertyDecorator =>
  applyDecorators(Clearable(), IsInt({ message: '$property must be a whole number' }), Min(min), Max(max));

const MAX_MODELS = 1000;
const MAX_MODEL_LENGTH = 200;

/** A list of models, or an object from a requested model to the upstream's name of it. */
export function isModelMap(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const names: readonly unknown[] = Array.isArray(value) ? value : Object.entries(value).flat();
  const models = Array.isArray(value) ? names.length : names.length / 2;
  return models <= MAX_MODELS && names.every(isModelName);
}

const isModelName = (name: unknown): boolean =>
  typeof name === 'string' && name.trim() !== '' && name.length <= MAX_MODEL_LENGTH && name !== '__proto__';

export const IsModelMap = (): PropertyDecorator =>
  ValidateBy({
    name: 'isModelMap',
    validator: {
      validate: isModelMap,
      defaultMessage: () =>
        `$property must be a list of models, or an object of requested model -> upstream model: at most ${MAX_MODELS}, names of 1 to ${MAX_MODEL_LENGTH} characters other than __proto__`,
    },
  });
