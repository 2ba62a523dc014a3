import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { AdminOnly } from '../../core/http/admin-only.js';
import { ListQueryDto } from '../../core/http/list-query.dto.js';
import { ApiListResponse, type ListResult } from '../../core/http/list-result.js';
import { toKeyStatsDto } from '../dto/key-stats.dto.js';
import { StoreAwayProblem } from '../stats.swagger.js';
import { KeySpanUsageDto } from './dto/key-usage.dto.js';
import { KeyUsageQueryDto } from './dto/stats-query.dto.js';
import { UsageRecordDto } from './dto/usage-record.dto.js';
import { KeyUsageService } from './key-usage.service.js';
import { toUsageStatsDto } from './stats-answers.js';
import { StatsKeyParam, StatsRoute } from './stats-query.swagger.js';
import type { StoredRecord } from './usage-record-list.repository.js';

/** What one key used, for administrators. */
@ApiTags('Statistics')
@AdminOnly()
@Controller('api/v2')
export class KeyUsageController {
  constructor(private readonly keys: KeyUsageService) {}

  @Get('stats/keys/:id')
  @StatsKeyParam()
  @StatsRoute({
    summary: 'What a key used in a span',
    description: 'Rows by period or model, beside what the key used in all, today and this month, and its limits.',
    answer: KeySpanUsageDto,
  })
  async getKeyUsage(@Param('id') id: string, @Query() query: KeyUsageQueryDto): Promise<Readonly<KeySpanUsageDto>> {
    const { usage, stats, ...key } = await this.keys.read(id, query);
    return { ...key, ...toUsageStatsDto(usage), stats: toKeyStatsDto(stats) };
  }

  @Get('keys/:id/records')
  @StatsKeyParam()
  @ApiOperation({
    summary: 'The last requests of a key',
    description: 'Newest first. The last 200 are kept, for 90 days after the newest.',
  })
  @StoreAwayProblem()
  @ApiListResponse(UsageRecordDto, 'The requests, the newest first.')
  listRecords(@Param('id') id: string, @Query() query: ListQueryDto): Promise<ListResult<StoredRecord>> {
    return this.keys.listRecords(id, query);
  }
}
