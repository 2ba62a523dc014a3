import { Controller, Delete, Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { AdminOnly } from '../../core/http/admin-only.js';
import { ListQueryDto } from '../../core/http/list-query.dto.js';
import { ApiProblem } from '../../core/http/problem-details.dto.js';
import { ClearedHistoryDto, ErrorHistoryDto, toErrorHistoryDto } from './dto/error-history.dto.js';
import { ErrorHistoryService } from './error-history.service.js';

/** What went wrong with an account. */
@AdminOnly()
@ApiTags('accounts')
@ApiParam({ name: 'platform', description: 'Platform of the account.', example: 'claude-console' })
@ApiProblem(404, 'There is no such platform (the answer names those that exist), or no such account.')
@Controller('api/v2/accounts/:platform/:id/error-history')
export class ErrorHistoryController {
  constructor(private readonly history: ErrorHistoryService) {}

  @Get()
  @ApiOperation({ summary: 'List the errors of an account' })
  @ApiOkResponse({ description: 'The errors, newest first.', type: ErrorHistoryDto })
  async list(
    @Param('platform') platform: string,
    @Param('id') id: string,
    @Query() query: ListQueryDto,
  ): Promise<Readonly<ErrorHistoryDto>> {
    return toErrorHistoryDto(await this.history.list(platform, id, query));
  }

  @Delete()
  @ApiOperation({
    summary: 'Forget the errors of an account',
    description: 'Its marks stay; reset-rate-limit ends them.',
  })
  @ApiOkResponse({ description: 'How many errors were forgotten.', type: ClearedHistoryDto })
  async clear(@Param('platform') platform: string, @Param('id') id: string): Promise<Readonly<ClearedHistoryDto>> {
    return { deleted: await this.history.clear(platform, id) };
  }
}
