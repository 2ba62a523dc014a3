import { Body, Controller, Delete, Get, Param, Put, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { AdminOnly } from '../../core/http/admin-only.js';
import { CurrentAdmin } from '../../core/http/current-admin.js';
import { ApiListResponse, type ListResult } from '../../core/http/list-result.js';
import { ApiProblem } from '../../core/http/problem-details.dto.js';
import type { AdminIdentity } from '../../core/http/request-context.js';
import {
  PricedModelDto,
  PriceDayQueryDto,
  PriceListQueryDto,
  RemovePriceQueryDto,
  SetPriceEntryDto,
} from './price.dto.js';
import { PricesService } from './prices.service.js';
import { SetPriceDto } from './set-price.dto.js';

const ModelParam = (): MethodDecorator =>
  ApiParam({
    name: 'model',
    description: 'Name of the model; a `/` in it is written `%2F`.',
    example: 'claude-opus-4-1',
  });

/** What models cost, for administrators. */
@ApiTags('Settings')
@AdminOnly()
@Controller('api/v2/settings/prices')
export class PricesController {
  constructor(private readonly prices: PricesService) {}

  @Get()
  @ApiOperation({
    summary: 'List the prices that are set, by model and day',
    description: 'All others come from the built-in list; ask for a model to see what it costs.',
  })
  @ApiListResponse(SetPriceEntryDto, 'The prices set here and in the file of PRICES_FILE.')
  list(@Query() query: PriceListQueryDto): Promise<ListResult<SetPriceEntryDto>> {
    return this.prices.list(query);
  }

  @Get(':model')
  @ModelParam()
  @ApiOperation({
    summary: 'Show what a model costs, and why',
    description:
      'A price set here comes before one of the file, that before the built-in list; a model that nobody knows has the fallback price (`source`).',
  })
  @ApiOkResponse({ type: PricedModelDto, description: 'Its prices on that day.' })
  show(@Param('model') model: string, @Query() { day }: PriceDayQueryDto): Promise<Readonly<PricedModelDto>> {
    return this.prices.show(model, day);
  }

  @Put(':model')
  @ModelParam()
  @ApiOperation({
    summary: 'Set what a model costs from a day on. Other instances follow within a minute',
    description: 'What was booked before keeps its cost; `POST /api/v2/stats/recompute` prices it again.',
  })
  @ApiOkResponse({ type: PricedModelDto, description: 'What the model costs now.' })
  @ApiProblem(409, 'Others are changing the prices of this model at the same time.')
  set(
    @Param('model') model: string,
    @Body() change: SetPriceDto,
    @CurrentAdmin() admin: AdminIdentity,
  ): Promise<Readonly<PricedModelDto>> {
    return this.prices.set(model, change, admin.username);
  }

  @Delete(':model')
  @ModelParam()
  @ApiOperation({
    summary: 'Take back the prices that were set for a model, all or those of one day',
    description:
      'Only those set here; the price file is changed in the file. What was booked before keeps its cost; `POST /api/v2/stats/recompute` prices it again.',
  })
  @ApiOkResponse({ type: PricedModelDto, description: 'What the model costs now.' })
  @ApiProblem(404, 'No such price was set here.')
  @ApiProblem(409, 'Others are changing the prices of this model at the same time.')
  remove(
    @Param('model') model: string,
    @Query() { from }: RemovePriceQueryDto,
    @CurrentAdmin() admin: AdminIdentity,
  ): Promise<Readonly<PricedModelDto>> {
    return this.prices.remove(model, from, admin.username);
  }
}
