import { Controller, Get, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { AdminOnly } from '../core/http/admin-only.js';
import { toKeyStatsDto, type KeyStatsDto } from './dto/key-stats.dto.js';
import { StatsService } from './stats.service.js';
import { KeyStatsDocs } from './stats.swagger.js';

@ApiTags('Statistics')
@AdminOnly()
@Controller('api/v2')
export class StatsController {
  constructor(private readonly stats: StatsService) {}

  @Get('keys/:id/stats')
  @KeyStatsDocs()
  async getKeyStats(@Param('id') id: string): Promise<Readonly<KeyStatsDto>> {
    return toKeyStatsDto(await this.stats.getKeyStats(id));
  }
}
