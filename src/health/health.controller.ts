import { Controller, Get, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiServiceUnavailableResponse, ApiTags } from '@nestjs/swagger';
import { Public } from '@crs/extension-api';
import type { FastifyReply } from 'fastify';
import { ApiProblem } from '../core/http/problem-details.dto.js';
import { SERVICE_NAME, SERVICE_VERSION } from '../core/version.js';
import { HealthDto, LivenessDto, ServiceDto } from './dto/health.dto.js';
import { HealthService } from './health.service.js';

/** For load balancers and people who want to know whether it is up. */
@Public()
@ApiTags('Health')
@Controller()
export class HealthController {
  constructor(private readonly health: HealthService) {}

  @Get()
  @ApiOperation({ summary: 'Name and version of this service' })
  @ApiOkResponse({ type: ServiceDto, description: 'What this is.' })
  root(): Readonly<ServiceDto> {
    return { service: SERVICE_NAME, version: SERVICE_VERSION };
  }

  @Get(['health', 'api/health'])
  @ApiOperation({
    summary: 'Health of the process, its store and its journal',
    description:
      'The fields of v1 but `stats`. `components.redis` is the store, whichever is used; `components.store` says more ' +
      'of it. `components.journal` is new, and with it the status `degraded`.',
  })
  @ApiOkResponse({ type: HealthDto, description: 'Everything works, or all but the journal (`degraded`).' })
  @ApiServiceUnavailableResponse({ type: HealthDto, description: 'The store does not answer.' })
  async report(@Res({ passthrough: true }) reply: FastifyReply): Promise<Readonly<HealthDto>> {
    const report = await this.health.report();
    reply.status(STATUS_OF[report.status]);
    return report;
  }

  @Get('health/live')
  @ApiOperation({ summary: 'Whether the process runs' })
  @ApiOkResponse({ type: LivenessDto, description: 'The process runs.' })
  live(): Readonly<LivenessDto> {
    return { status: 'healthy' };
  }

  @Get('health/ready')
  @ApiOperation({ summary: 'Whether new requests are welcome' })
  @ApiOkResponse({ type: LivenessDto, description: 'New requests are welcome.' })
  @ApiProblem(503, 'The process is shutting down, or the store does not answer.')
  ready(): Promise<Readonly<LivenessDto>> {
    return this.health.requireReady();
  }
}

/** With a degraded journal requests are served as ever: no load balancer should turn away from it. */
const STATUS_OF = { healthy: 200, degraded: 200, unhealthy: 503 } as const;
