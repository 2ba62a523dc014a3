import { applyDecorators } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam } from '@nestjs/swagger';
import { ApiProblem } from '../core/http/problem-details.dto.js';
import { ApiKeyDto } from './dto/api-key.dto.js';

/** Documents a route of one key that answers the key. */
export function KeyRoute(summary: string, answer = 'The key as it is now.'): MethodDecorator {
  return applyDecorators(
    ApiOperation({ summary }),
    KeyParam(),
    ApiOkResponse({ type: ApiKeyDto, description: answer }),
    ApiProblem(404, 'There is no API key with this id.'),
  );
}

/** Documents the id in the path of a key. */
export const KeyParam = (): MethodDecorator =>
  ApiParam({ name: 'id', description: 'The id of the key.', example: '80cac638-f623-4bed-ac85-8a1a69d6525d' });
