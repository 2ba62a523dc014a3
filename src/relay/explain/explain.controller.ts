import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AdminOnly } from '../../core/http/admin-only.js';
import { ApiProblem } from '../../core/http/problem-details.dto.js';
import { ExplainInputDto, toImaginedRequest } from './explain-input.dto.js';
import { ExplainService } from './explain.service.js';
import { ExplanationDto, toExplanationDto } from './explanation.dto.js';

/** Why a request gets the account that it gets, for administrators. */
@ApiTags('scheduler')
@AdminOnly()
@Controller('api/v2/scheduler')
export class ExplainController {
  constructor(private readonly explainer: ExplainService) {}

  @Post('explain')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Say which account the next request of a key would get, and how every other account stands with it',
    description:
      'Decided by the code that picks accounts for real requests, at this moment and with the turns of the instance that answers. Changes nothing: no turn or slot is taken, no session renewed, and no upstream asked. Limits of the key and the kind of client are not looked at.',
  })
  @ApiOkResponse({ type: ExplanationDto, description: 'The accounts, in the order in which they would be asked.' })
  @ApiProblem(400, 'A field cannot be used; or both of `key` and `keyId` were sent, or neither.')
  @ApiProblem(404, 'There is no such API key.')
  async explain(@Body() dto: ExplainInputDto): Promise<Readonly<ExplanationDto>> {
    return toExplanationDto(await this.explainer.explain(toImaginedRequest(dto)));
  }
}
