import { applyDecorators, type Type } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, getSchemaPath } from '@nestjs/swagger';

/** One page of a list. */
export interface ListResult<T> {
  readonly items: readonly T[];
  /** How many there are in all, after filters. */
  readonly total: number;
}

/** Documents a list answer: `@ApiListResponse(ApiKeyDto, 'The keys, newest first.')`. */
export function ApiListResponse(item: Type, description: string): MethodDecorator {
  return applyDecorators(
    ApiExtraModels(item),
    ApiOkResponse({
      description,
      schema: {
        type: 'object',
        required: ['items', 'total'],
        properties: {
          items: { type: 'array', items: { $ref: getSchemaPath(item) } },
          total: { type: 'integer', description: 'How many there are in all, after filters.', example: 1 },
        },
      },
    }),
  );
}
