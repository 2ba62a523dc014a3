import { applyDecorators, type Type } from '@nestjs/common';
import {
  ApiExtraModels,
  ApiOkResponse,
  ApiProperty,
  ApiPropertyOptional,
  ApiResponse,
  getSchemaPath,
} from '@nestjs/swagger';
import type { LookupError } from '../lookup-refusal.js';

/** Every answer of a look-up that succeeds. */
export interface LookupAnswer<T> {
  readonly success: true;
  readonly data: T;
}

export const answered = <T>(data: T): LookupAnswer<T> => ({ success: true, data });

/** Every error of a look-up. */
class LookupErrorDto implements LookupError {
  @ApiProperty({ description: 'What went wrong, in a few words that stay the same.', example: 'API key is disabled' })
  error!: string;

  @ApiProperty({
    description: 'What happened and what to do about it.',
    example: 'The API key "team b" is disabled.',
  })
  message!: string;

  @ApiPropertyOptional({ description: 'Name of the key, where it is about one that exists.', example: 'team b' })
  keyName?: string;
}

/** Documents an answer: one object, or a list of them where `item` stands in brackets. */
export function ApiLookupAnswer(item: Type | readonly [Type], description: string): MethodDecorator {
  const [model, isList] = Array.isArray(item) ? [item[0] as Type, true] : [item as Type, false];
  const one = { $ref: getSchemaPath(model) };
  return applyDecorators(
    ApiExtraModels(model),
    ApiOkResponse({
      description,
      schema: {
        type: 'object',
        required: ['success', 'data'],
        properties: {
          success: { type: 'boolean', description: 'Always true.', example: true },
          data: isList ? { type: 'array', items: one } : one,
        },
      },
    }),
  );
}

/** Documents an error: `ApiLookupError(404, 'There is no such key.')`. */
export function ApiLookupError(status: number, description: string): MethodDecorator & ClassDecorator {
  return applyDecorators(
    ApiExtraModels(LookupErrorDto),
    ApiResponse({
      status,
      description,
      content: { 'application/json': { schema: { $ref: getSchemaPath(LookupErrorDto) } } },
    }),
  );
}
