import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { AdminOnly } from '../../core/http/admin-only.js';
import { ApiListResponse, type ListResult } from '../../core/http/list-result.js';
import { ApiProblem } from '../../core/http/problem-details.dto.js';
import { LoggedRequestDto, LoggedRequestOfKeyDto, toLoggedRequestDto } from './logged-request.dto.js';
import { RequestListQueryDto } from './request-list-query.dto.js';
import { RequestLogService } from './request-log.service.js';

/** What became of the requests of the last day. */
@ApiTags('Requests')
@AdminOnly()
@Controller('api/v2/relay/requests')
export class RequestLogController {
  constructor(private readonly requests: RequestLogService) {}

  @Get()
  @ApiOperation({
    summary: 'List the requests of the last 24 hours with the accounts that were asked',
    description:
      'The last 2000 requests, and the last 2000 that went wrong; older ones of the day are found by their ids. Requests that were refused before an account was looked for (key, body, limits) are not among them.',
  })
  @ApiListResponse(LoggedRequestDto, 'The requests, the last one to end first.')
  async list(@Query() query: RequestListQueryDto): Promise<ListResult<Readonly<LoggedRequestDto>>> {
    const { items, total } = await this.requests.list(query);
    return { items: items.map(toLoggedRequestDto), total };
  }

  @Get(':requestId')
  @ApiOperation({ summary: 'Show what became of a request, account by account' })
  @ApiParam({
    name: 'requestId',
    description: 'The id that the client got as `x-relay-request-id`, or as `request-id` from the upstream.',
    example: 'req_3f0c9d1e8b7a4c5d9e2f1a0b6c7d8e9f',
  })
  @ApiOkResponse({ type: LoggedRequestOfKeyDto, description: 'The request.' })
  @ApiProblem(404, 'The log has no such request, or no longer: it keeps them for 24 hours.')
  async get(@Param('requestId') requestId: string): Promise<Readonly<LoggedRequestOfKeyDto>> {
    const found = await this.requests.get(requestId);
    return { ...toLoggedRequestDto(found), keyName: found.keyName };
  }
}
