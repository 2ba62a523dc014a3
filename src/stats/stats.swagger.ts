import { applyDecorators } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam } from '@nestjs/swagger';
import { ApiProblem } from '../core/http/problem-details.dto.js';
import { KeyStatsDto } from './dto/key-stats.dto.js';

/** What every route answers whose figures are in a store that does not answer. */
export const StoreAwayProblem = (): MethodDecorator =>
  ApiProblem(503, 'The store cannot be reached; ask again in a moment.');

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
    StoreAwayProblem(),
    ApiProblem(504, 'Reading took too long: the key has used very many models. Ask again.'),
  );
