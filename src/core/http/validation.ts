import { BadRequestException, type ValidationError, ValidationPipe } from '@nestjs/common';
import { type FieldError, MAX_FIELD_ERRORS } from './problem-details.js';

/** A 400 that names each field that was refused. */
export class ValidationFailedException extends BadRequestException {
  constructor(readonly errors: readonly FieldError[]) {
    super({ message: summaryOf(errors), errors });
  }
}

/**
 * The pipe of every route: an unknown field is refused by name, bodies are not converted ("5" is no number; query DTOs
 * convert explicitly), and refused values are never repeated.
 */
export function createValidationPipe(): ValidationPipe {
  return new ValidationPipe({
    whitelist: true,
    forbidNonWhitelisted: true,
    transform: true,
    transformOptions: { enableImplicitConversion: false },
    stopAtFirstError: true,
    validationError: { target: false, value: false },
    exceptionFactory: (errors) => new ValidationFailedException(toFieldErrors(errors)),
  });
}

/** class-validator's tree as a flat list with dotted paths. */
function toFieldErrors(errors: readonly ValidationError[], parent = ''): FieldError[] {
  return errors.flatMap((error) => {
    const field = `${parent}${error.property}`;
    const own = Object.entries(error.constraints ?? {}).map(([rule, text]) => ({
      field,
      message: rule === 'whitelistValidation' ? `${error.property} is not a known field` : text,
    }));
    return [...own, ...toFieldErrors(error.children ?? [], `${field}.`)];
  });
}

function summaryOf(errors: readonly FieldError[]): string {
  const fields = [...new Set(errors.map((error) => error.field))];
  const more = fields.length > MAX_FIELD_ERRORS ? ' and more' : '';
  const names = `${fields.slice(0, MAX_FIELD_ERRORS).join(', ')}${more}`;
  return `${fields.length === 1 ? '1 field was' : `${fields.length} fields were`} refused: ${names}`;
}
