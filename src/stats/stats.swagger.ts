import { applyDecorators } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam } from '@nestjs/swagger';
import { ApiProblem } from '../core/http/problem-details.dto.js';
import { KeyStatsDto } from './dto/key-stats.dto.js';

export const KeyStatsDocs = (): MethodDecorator =>
  applyDecorators(
    ApiOperation({
      summary: 'What a key used',
      description:
        'Tokens and cost in total, today, this month and by model, and how far each limit is used, or held by requests that are running.',
    }),
    ApiParam({ name: 'id', description: 'Id of the key; a deleted one still answers.', format: 'uuid' }),
    ApiOkResponse({ type: KeyStatsDto, description: 'The figures of the key.' }),
    ApiProblem(404, 'There is no such key.'),
  );
