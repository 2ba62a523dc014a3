import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { AdminOnly } from '../../core/http/admin-only.js';
import { ListQueryDto } from '../../core/http/list-query.dto.js';
import { ApiListResponse, type ListResult } from '../../core/http/list-result.js';
import { NotServedAccountDto, toNotServedAccountDto } from './dto/not-served-account.dto.js';
import { NotServedService } from './not-served.service.js';

const TIMEOUT_MS = 30_000;

/** Accounts that v1 left and that this gateway does not serve. */
@AdminOnly()
@ApiTags('accounts')
@Controller('api/v2/accounts/not-served')
export class NotServedController {
  constructor(private readonly accounts: NotServedService) {}

  @Get()
  @ApiOperation({ summary: 'List the accounts of version 1 that are kept as they are and not served' })
  @ApiListResponse(NotServedAccountDto, 'The accounts, by kind and name; nothing secret of them is shown.')
  async list(@Query() query: ListQueryDto): Promise<ListResult<Readonly<NotServedAccountDto>>> {
    const { items, total } = await this.accounts.list(query, AbortSignal.timeout(TIMEOUT_MS));
    return { items: items.map(toNotServedAccountDto), total };
  }
}
