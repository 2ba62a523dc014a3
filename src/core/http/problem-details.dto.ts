import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiProperty, ApiPropertyOptional, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import type { FieldError, ProblemDetails } from './problem-details.js';

/** One field that was refused. */
class FieldErrorDto implements FieldError {
  @ApiProperty({ description: 'Path of the field inside the body or query.', example: 'proxy.port' })
  field!: string;

  @ApiProperty({ description: 'What is wrong with it.', example: 'port must not be greater than 65535' })
  message!: string;
}

/** Every error of the admin API (RFC 9457), sent as `application/problem+json`. */
class ProblemDetailsDto implements ProblemDetails {
  @ApiProperty({
    description: 'Always `about:blank`: the status says what kind of error this is.',
    example: 'about:blank',
  })
  type!: 'about:blank';

  @ApiProperty({ description: 'The HTTP status in words.', example: 'Bad Request' })
  title!: string;

  @ApiProperty({ description: 'The HTTP status.', example: 400 })
  status!: number;

  @ApiProperty({ description: 'What happened and what to do about it.', example: '1 field was refused: proxy.port' })
  detail!: string;

  @ApiProperty({ description: 'Path of the request.', example: '/api/v2/accounts/codex' })
  instance!: string;

  @ApiProperty({
    description: 'The id of the request, also sent as `x-relay-request-id` and written to the log.',
    example: 'req_3f0c9d1e8b7a4c5d9e2f1a0b6c7d8e9f',
  })
  requestId!: string;

  @ApiPropertyOptional({
    description: 'The fields that were refused, when fields were; the first 50.',
    type: [FieldErrorDto],
  })
  errors?: FieldErrorDto[];
}

/** Documents an error answer: `@ApiProblem(404, 'There is no such key.')`. */
export function ApiProblem(status: number, description: string): MethodDecorator & ClassDecorator {
  return applyDecorators(
    ApiExtraModels(ProblemDetailsDto),
    ApiResponse({
      status,
      description,
      content: { 'application/problem+json': { schema: { $ref: getSchemaPath(ProblemDetailsDto) } } },
    }),
  );
}
