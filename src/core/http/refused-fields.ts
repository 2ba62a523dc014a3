import { ValidateBy } from 'class-validator';

/**
 * Refuses what is stored and nobody may set, with the reason instead of "unknown field": somebody who sends back what
 * was answered learns why.
 *
 * @param reasons field -> what follows its name in the message
 */
export function RefusedFields(reasons: Readonly<Record<string, string>>): ClassDecorator {
  return (target) => {
    for (const [field, reason] of Object.entries(reasons)) refuse(reason)(target.prototype as object, field);
  };
}

const refuse = (reason: string): PropertyDecorator =>
  ValidateBy({
    name: 'isRefused',
    validator: { validate: (value) => value === undefined, defaultMessage: () => `$property ${reason}` },
  });
