import { Body, Controller, Get, UseGuards } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { ThrottlerGuard } from '@nestjs/throttler';
import { Public } from '@crs/extension-api';
import { ServiceRatesService } from '../service-rates/service-rates.service.js';
import { BatchLookupService } from './batch-lookup.service.js';
import { BatchDto, toBatchDto } from './dto/batch.dto.js';
import { KeyIdDto, KeyProfileDto, toKeyProfileDto } from './dto/key-profile.dto.js';
import { answered, ApiLookupAnswer, ApiLookupError, type LookupAnswer } from './dto/lookup-answer.dto.js';
import {
  BatchModelsQueryDto,
  BatchQueryDto,
  KeyQueryDto,
  KeySecretDto,
  ModelsQueryDto,
  type PeriodName,
  toPeriod,
} from './dto/lookup-query.dto.js';
import { ModelRowDto } from './dto/model-row.dto.js';
import { PublicServiceRatesDto, toPublicServiceRatesDto } from './dto/public-service-rates.dto.js';
import { KeyLookupService } from './key-lookup.service.js';
import { LookupRoute, NamesOneKey } from './lookup-route.js';

type ModelsAnswer = LookupAnswer<readonly Readonly<ModelRowDto>[]> & { readonly period: PeriodName };

/** What v1's public page of key owners asks; whoever can name a key may know what it used. */
@ApiTags('Public look-ups')
@ApiLookupError(429, 'Too many look-ups from this address; `retry-after` says when the next may come.')
@Public()
@UseGuards(ThrottlerGuard)
@Controller('apiStats')
export class KeyLookupController {
  constructor(
    private readonly lookups: KeyLookupService,
    private readonly batches: BatchLookupService,
    private readonly serviceRates: ServiceRatesService,
  ) {}

  @LookupRoute('api/get-key-id', { summary: 'The id of a key', answer: KeyIdDto, says: 'The id.' })
  @ApiLookupError(401, 'There is no such key, or it is disabled or has expired.')
  async getKeyId(@Body() { apiKey }: KeySecretDto): Promise<LookupAnswer<Readonly<KeyIdDto>>> {
    return answered({ id: await this.lookups.getId(apiKey) });
  }

  @LookupRoute('api/user-stats', {
    summary: 'A key, what it used and how far its limits are used',
    answer: KeyProfileDto,
    says: 'The key.',
  })
  @NamesOneKey()
  async getKey(@Body() query: KeyQueryDto): Promise<LookupAnswer<Readonly<KeyProfileDto>>> {
    return answered(toKeyProfileDto(await this.lookups.getKey(query)));
  }

  @LookupRoute('api/user-model-stats', {
    summary: 'What a key used by model',
    answer: [ModelRowDto],
    says: 'The models, the most used first; `period` repeats the period.',
  })
  @NamesOneKey()
  async getModels(@Body() { period, ...reference }: ModelsQueryDto): Promise<ModelsAnswer> {
    return { ...answered(await this.lookups.getModels(reference, toPeriod(period))), period };
  }

  @LookupRoute('api/batch-stats', { summary: 'What several keys used', answer: BatchDto, says: 'The figures.' })
  async getKeys(@Body() { apiIds }: BatchQueryDto): Promise<LookupAnswer<Readonly<BatchDto>>> {
    return answered(toBatchDto(await this.batches.getKeys(apiIds)));
  }

  @LookupRoute('api/batch-model-stats', {
    summary: 'What several keys used together by model',
    answer: [ModelRowDto],
    says: 'The models, the most used first; `period` repeats the period. Keys that cannot be used are left out.',
  })
  async getModelsOfKeys(@Body() { apiIds, period }: BatchModelsQueryDto): Promise<ModelsAnswer> {
    return { ...answered(await this.batches.getModels(apiIds, toPeriod(period))), period };
  }

  @Get('service-rates')
  @ApiOperation({ summary: 'By what the real cost of each service is multiplied' })
  @ApiLookupAnswer(PublicServiceRatesDto, 'The rates.')
  async getServiceRates(): Promise<LookupAnswer<Readonly<PublicServiceRatesDto>>> {
    return answered(toPublicServiceRatesDto(await this.serviceRates.get()));
  }
}
