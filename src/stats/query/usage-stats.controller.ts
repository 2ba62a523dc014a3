import { Controller, Get, Query, type StreamableFile } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { AdminOnly } from '../../core/http/admin-only.js';
import { DashboardService } from './dashboard.service.js';
import { DashboardDto } from './dto/dashboard.dto.js';
import { AccountStatsDto, TopKeysDto } from './dto/rankings.dto.js';
import { CostStatsDto, UsageStatsDto } from './dto/stats-answer.dto.js';
import { AccountStatsQueryDto, StatsQueryDto, TopKeysQueryDto, TrendsQueryDto } from './dto/stats-query.dto.js';
import { TrendsDto } from './dto/trends.dto.js';
import { RankingService } from './ranking.service.js';
import {
  ACCOUNT_COLUMNS,
  answerAs,
  COST_COLUMNS,
  toAccountStatsDto,
  toCostStatsDto,
  toDashboardDto,
  TOP_KEY_COLUMNS,
  toTopKeysDto,
  toTrendsDto,
  toUsageStatsDto,
  USAGE_COLUMNS,
} from './stats-answers.js';
import { StatsRoute, StatsTableRoute } from './stats-query.swagger.js';
import { TrendService } from './trend.service.js';
import { UsageQueryService } from './usage-query.service.js';

/** What was used and what it cost, for administrators. */
@ApiTags('Statistics')
@AdminOnly()
@Controller('api/v2/stats')
export class UsageStatsController {
  constructor(
    private readonly usage: UsageQueryService,
    private readonly trends: TrendService,
    private readonly rankings: RankingService,
    private readonly dashboards: DashboardService,
  ) {}

  @Get('usage')
  @StatsTableRoute({
    summary: 'What was used',
    description: 'Requests, tokens and cost by period, by model, key or account, or by both.',
    answer: UsageStatsDto,
  })
  async getUsage(@Query() query: StatsQueryDto): Promise<Readonly<UsageStatsDto> | StreamableFile> {
    const { format, ...question } = query;
    const answer = toUsageStatsDto(await this.usage.read(question));
    return answerAs(format, answer, { name: 'usage', columns: USAGE_COLUMNS });
  }

  @Get('cost')
  @StatsTableRoute({
    summary: 'What it cost',
    description: 'The rated and the real cost by period, by model, key or account, and what share of all each row is.',
    answer: CostStatsDto,
  })
  async getCost(@Query() query: StatsQueryDto): Promise<Readonly<CostStatsDto> | StreamableFile> {
    const { format, ...question } = query;
    const answer = toCostStatsDto(await this.usage.read(question));
    return answerAs(format, answer, { name: 'cost', columns: COST_COLUMNS });
  }

  @Get('trends')
  @StatsRoute({
    summary: 'How usage develops',
    description: 'Every period of a span, also those without usage, and the change against the span before.',
    answer: TrendsDto,
  })
  async getTrends(@Query() query: TrendsQueryDto): Promise<Readonly<TrendsDto>> {
    return toTrendsDto(await this.trends.read(query));
  }

  @Get('top-keys')
  @StatsTableRoute({
    summary: 'Which keys were used most',
    description: 'By cost, requests or tokens. Deleted keys count, too.',
    answer: TopKeysDto,
  })
  async getTopKeys(@Query() query: TopKeysQueryDto): Promise<Readonly<TopKeysDto> | StreamableFile> {
    const answer = toTopKeysDto(await this.rankings.topKeys(query));
    return answerAs(query.format, answer, { name: 'top-keys', columns: TOP_KEY_COLUMNS });
  }

  @Get('accounts')
  @StatsTableRoute({
    summary: 'What accounts served and wasted',
    description:
      'Usage by account, beside it what attempts used that led to no answer: the upstream charges them, no key pays them.',
    answer: AccountStatsDto,
  })
  async getAccounts(@Query() query: AccountStatsQueryDto): Promise<Readonly<AccountStatsDto> | StreamableFile> {
    const answer = toAccountStatsDto(await this.rankings.accounts(query));
    return answerAs(query.format, answer, { name: 'accounts', columns: ACCOUNT_COLUMNS });
  }

  @Get('dashboard')
  @StatsRoute({
    summary: 'How the gateway is doing now',
    description: 'Requests that run, rates per minute, what was used today, and how many keys and accounts there are.',
    answer: DashboardDto,
  })
  async getDashboard(): Promise<Readonly<DashboardDto>> {
    return toDashboardDto(await this.dashboards.read());
  }
}
