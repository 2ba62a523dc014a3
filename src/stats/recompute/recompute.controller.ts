import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AdminOnly } from '../../core/http/admin-only.js';
import { CurrentAdmin } from '../../core/http/current-admin.js';
import { ApiProblem } from '../../core/http/problem-details.dto.js';
import type { AdminIdentity } from '../../core/http/request-context.js';
import { RecomputeDto, RecomputeResultDto } from './recompute.dto.js';
import { RecomputeService } from './recompute.service.js';

/** Prices the past again, for administrators. */
@ApiTags('Statistics')
@AdminOnly()
@Controller('api/v2/stats/recompute')
export class RecomputeController {
  constructor(private readonly recomputation: RecomputeService) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({
    summary: 'Price days again at the prices of each day, first without changing anything',
    description:
      'Corrects the costs of days, months and totals of keys, models and accounts. Hours, the list of single requests and the quota of accounts keep the costs that were booked.',
  })
  @ApiOkResponse({ type: RecomputeResultDto, description: 'What changed, or would change.' })
  @ApiProblem(404, 'No key has, or ever had, this id.')
  @ApiProblem(409, 'A recomputation is running.')
  @ApiProblem(503, 'The store cannot be reached. What was corrected stays; ask again later.')
  @ApiProblem(504, 'It took too long. What was corrected stays; ask for fewer days.')
  recompute(
    @Body() { dryRun = true, ...rest }: RecomputeDto,
    @CurrentAdmin() admin: AdminIdentity,
  ): Promise<Readonly<RecomputeResultDto>> {
    return this.recomputation.recompute({ ...rest, dryRun }, admin.username);
  }
}
