import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { AdminOnly } from '../core/http/admin-only.js';
import { ApiListResponse, type ListResult } from '../core/http/list-result.js';
import { AccountQueryService } from './account-query.service.js';
import { AccountListQueryDto } from './dto/account-query.dto.js';
import { AccountDto, toAccountDto } from './dto/account.dto.js';

/** Upstream accounts of all platforms. */
@AdminOnly()
@ApiTags('accounts')
@Controller('api/v2/accounts')
export class AccountListController {
  constructor(private readonly queries: AccountQueryService) {}

  @Get()
  @ApiOperation({ summary: 'List the accounts of all platforms' })
  @ApiListResponse(
    AccountDto,
    'The accounts, one platform after the other; of each, those that are asked first at the top.',
  )
  async list(@Query() query: AccountListQueryDto): Promise<ListResult<Readonly<AccountDto>>> {
    const { items, total } = await this.queries.listAll(query);
    return { items: items.map(toAccountDto), total };
  }
}
