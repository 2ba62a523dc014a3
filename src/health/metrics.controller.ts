import { Public } from '@crs/extension-api';
import { createHash, timingSafeEqual } from 'node:crypto';
import { Controller, Get, Headers, Res, UnauthorizedException } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { AppConfig } from '../core/config/app-config.js';
import { ApiProblem } from '../core/http/problem-details.dto.js';
import { MetricsRegistry } from '../core/metrics/metrics-registry.js';

/** Figures for Prometheus. They name no key, no account, no model. */
@Public()
@ApiTags('Health')
@Controller('metrics')
export class MetricsController {
  constructor(
    private readonly metrics: MetricsRegistry,
    private readonly config: AppConfig,
  ) {}

  @Get()
  @ApiOperation({
    summary: 'Figures of this process in the text format of Prometheus',
    description: 'Each instance shows its own. Asks for `METRICS_TOKEN` where it is set. v1 answers JSON here.',
  })
  @ApiOkResponse({ description: 'The figures.', content: { 'text/plain': { schema: { type: 'string' } } } })
  @ApiProblem(401, 'The bearer token is missing or is not METRICS_TOKEN.')
  async read(
    @Res({ passthrough: true }) reply: FastifyReply,
    @Headers('authorization') authorization = '',
  ): Promise<string> {
    const { metricsToken } = this.config;
    if (metricsToken !== null && !isSame(authorization, `Bearer ${metricsToken}`)) {
      throw new UnauthorizedException('These figures ask for METRICS_TOKEN as bearer token.');
    }
    reply.header('content-type', this.metrics.contentType);
    return this.metrics.text();
  }
}

/** In a time that does not tell how much of it is right. */
const isSame = (presented: string, expected: string): boolean =>
  timingSafeEqual(digestOf(presented), digestOf(expected));

const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest();
