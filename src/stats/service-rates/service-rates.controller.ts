import { Body, Controller, Get, Put } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AdminOnly } from '../../core/http/admin-only.js';
import { CurrentAdmin } from '../../core/http/current-admin.js';
import { ApiProblem } from '../../core/http/problem-details.dto.js';
import type { AdminIdentity } from '../../core/http/request-context.js';
import { ServiceRatesDto } from './service-rates.dto.js';
import { ServiceRatesService } from './service-rates.service.js';
import { UpdateServiceRatesDto } from './update-service-rates.dto.js';

/** The global rates of services, for administrators. */
@ApiTags('Settings')
@AdminOnly()
@Controller('api/v2/settings/service-rates')
export class ServiceRatesController {
  constructor(private readonly serviceRates: ServiceRatesService) {}

  @Get()
  @ApiOperation({
    summary: 'Show the service rates',
    description:
      "What a request counts against the limits of a key is its real cost times the service's rate times the key's.",
  })
  @ApiOkResponse({ type: ServiceRatesDto, description: 'The rates in force.' })
  get(): Promise<Readonly<ServiceRatesDto>> {
    return this.serviceRates.get();
  }

  @Put()
  @ApiOperation({
    summary: 'Change the given service rates; null puts one back to 1. Other instances follow within a minute',
    description: 'What was booked before keeps its cost.',
  })
  @ApiOkResponse({ type: ServiceRatesDto, description: 'The rates as they are now.' })
  @ApiProblem(409, 'Others are changing the rates at the same time.')
  update(
    @Body() { rates = {} }: UpdateServiceRatesDto,
    @CurrentAdmin() admin: AdminIdentity,
  ): Promise<Readonly<ServiceRatesDto>> {
    return this.serviceRates.update(rates, admin.username);
  }
}
