import { applyDecorators, type Type } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, ApiOperation, ApiParam, getSchemaPath } from '@nestjs/swagger';
import { ApiProblem } from '../../core/http/problem-details.dto.js';
import { StoreAwayProblem } from '../stats.swagger.js';

interface StatsDocs {
  readonly summary: string;
  readonly description: string;
  readonly answer: Type;
}

const ANSWER = 'The figures. Days that an old version 1 has booked without index sets are not in them.';

/** Why figures may not be read. */
const StatsProblems = (): MethodDecorator =>
  applyDecorators(StoreAwayProblem(), ApiProblem(504, 'Reading took too long; ask for a shorter span.'));

/** A route that answers with figures. */
export const StatsRoute = ({ summary, description, answer }: StatsDocs): MethodDecorator =>
  applyDecorators(
    ApiOperation({ summary, description }),
    ApiOkResponse({ type: answer, description: ANSWER }),
    StatsProblems(),
  );

/** The same where the rows can be had as a file. */
export const StatsTableRoute = ({ summary, description, answer }: StatsDocs): MethodDecorator =>
  applyDecorators(
    ApiOperation({ summary, description }),
    ApiExtraModels(answer),
    ApiOkResponse({
      description: `${ANSWER} With \`format=csv\` the rows as a file (RFC 4180, with a header row).`,
      content: {
        'application/json': { schema: { $ref: getSchemaPath(answer) } },
        'text/csv': { schema: { type: 'string' } },
      },
    }),
    StatsProblems(),
  );

/** The id of a key in the path. */
export const StatsKeyParam = (): MethodDecorator =>
  applyDecorators(
    ApiParam({ name: 'id', description: 'Id of the key; a deleted one still answers.', format: 'uuid' }),
    ApiProblem(404, 'There is no API key with this id.'),
  );
