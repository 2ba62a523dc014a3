import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AdminOnly } from '../../core/http/admin-only.js';
import { ApiProblem } from '../../core/http/problem-details.dto.js';
import { StoreAwayProblem } from '../stats.swagger.js';
import { DoctorQueryDto, DoctorReportDto } from './doctor.dto.js';
import { type DoctorReport, UsageDoctor } from './usage-doctor.js';

/** Longer than this nobody waits for an answer. */
const CHECK_MS = 60_000;

/** Checks the books of a running gateway, for administrators. */
@ApiTags('Statistics')
@AdminOnly()
@Controller('api/v2/stats/doctor')
export class DoctorController {
  constructor(private readonly doctor: UsageDoctor) {}

  @Get()
  @ApiOperation({
    summary: 'Compare records, counters, costs and roll-ups, and name every difference',
    description:
      'Changes nothing. One check at a time, of at most a minute. The same as `crs doctor usage`, which needs the gateway to be stopped when it uses the embedded store.',
  })
  @ApiOkResponse({ type: DoctorReportDto, description: 'What was found.' })
  @ApiProblem(404, 'No key has, or ever had, this id.')
  @ApiProblem(409, 'Another check is running.')
  @StoreAwayProblem()
  @ApiProblem(504, 'The check took too long; ask for fewer days or one key.')
  check(@Query() query: DoctorQueryDto): Promise<DoctorReport> {
    return this.doctor.check(query, AbortSignal.timeout(CHECK_MS));
  }
}
