import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, type TransformFnParams } from 'class-transformer';
import { IsBoolean, IsInt, IsOptional, Max, Min } from 'class-validator';

const WHOLE_NUMBER = /^-?\d{1,15}$/;
const BOOLEANS: Readonly<Record<string, boolean>> = { true: true, false: false };

/** Query text as a whole number; anything else is left for the validation to refuse. */
function queryToInteger({ value }: Pick<TransformFnParams, 'value'>): unknown {
  return typeof value === 'string' && WHOLE_NUMBER.test(value) ? Number(value) : value;
}

/** `true` and `false` as booleans; anything else is left for the validation to refuse. */
function queryToBoolean({ value }: Pick<TransformFnParams, 'value'>): unknown {
  return typeof value === 'string' && Object.hasOwn(BOOLEANS, value) ? BOOLEANS[value] : value;
}

/** An optional whole number of a query string. */
function QueryInteger(range: { readonly min: number; readonly max: number }): PropertyDecorator {
  return applyDecorators(IsOptional(), Transform(queryToInteger), IsInt(), Min(range.min), Max(range.max));
}

/** An optional `true` or `false` of a query string. */
export function QueryBoolean(): PropertyDecorator {
  return applyDecorators(
    IsOptional(),
    Transform(queryToBoolean),
    IsBoolean({ message: '$property must be true or false' }),
  );
}

/** Which part of a list is wanted. */
export class ListQueryDto {
  @ApiPropertyOptional({
    description: 'How many items to leave out.',
    type: Number,
    minimum: 0,
    default: 0,
    example: 0,
  })
  @QueryInteger({ min: 0, max: Number.MAX_SAFE_INTEGER })
  offset = 0;

  @ApiPropertyOptional({
    description: 'How many items to give.',
    type: Number,
    minimum: 1,
    maximum: 200,
    default: 50,
    example: 50,
  })
  @QueryInteger({ min: 1, max: 200 })
  limit = 50;
}
