import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { ApiBody, ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { AdminOnly } from '../core/http/admin-only.js';
import { ApiListResponse, type ListResult } from '../core/http/list-result.js';
import { NoFieldsDto } from '../core/http/no-fields.dto.js';
import { ApiProblem } from '../core/http/problem-details.dto.js';
import { AccountQueryService } from './account-query.service.js';
import { AccountRemover } from './account-remover.js';
import { AccountService } from './account.service.js';
import { AccountListQueryDto, AvailabilityQueryDto } from './dto/account-query.dto.js';
import { AccountDto, toAccountDto } from './dto/account.dto.js';
import { AvailabilityDto, toAvailabilityDto } from './dto/availability.dto.js';
import { CreateAccountDto } from './dto/create-account.dto.js';
import { RemovedAccountDto, toRemovedAccountDto } from './dto/removed-account.dto.js';
import { UpdateAccountDto } from './dto/update-account.dto.js';

/** Upstream accounts of one platform. */
@AdminOnly()
@ApiTags('accounts')
@ApiParam({ name: 'platform', description: 'Platform of the accounts.', example: 'claude-console' })
@ApiProblem(404, 'There is no such platform (the answer names those that exist), or no such account.')
@Controller('api/v2/accounts/:platform')
export class AccountController {
  constructor(
    private readonly accounts: AccountService,
    private readonly queries: AccountQueryService,
    private readonly remover: AccountRemover,
  ) {}

  @Post()
  @ApiOperation({ summary: 'Add an account' })
  @ApiCreatedResponse({ description: 'The new account.', type: AccountDto })
  async create(@Param('platform') platform: string, @Body() dto: CreateAccountDto): Promise<Readonly<AccountDto>> {
    return toAccountDto(await this.accounts.create(platform, dto));
  }

  @Get()
  @ApiOperation({ summary: 'List accounts' })
  @ApiListResponse(AccountDto, 'The accounts, those that are asked first at the top.')
  async list(
    @Param('platform') platform: string,
    @Query() query: AccountListQueryDto,
  ): Promise<ListResult<Readonly<AccountDto>>> {
    const { items, total } = await this.queries.list(platform, query);
    return { items: items.map(toAccountDto), total };
  }

  @Get(':id')
  @ApiOperation({ summary: 'Read an account' })
  @ApiOkResponse({ description: 'The account.', type: AccountDto })
  async get(@Param('platform') platform: string, @Param('id') id: string): Promise<Readonly<AccountDto>> {
    return toAccountDto(await this.queries.get(platform, id));
  }

  @Put(':id')
  @ApiOperation({ summary: 'Change an account', description: 'Only the fields that are given change; null clears.' })
  @ApiOkResponse({ description: 'The account after the change.', type: AccountDto })
  @ApiProblem(409, 'Others changed the account at the same time.')
  async update(
    @Param('platform') platform: string,
    @Param('id') id: string,
    @Body() dto: UpdateAccountDto,
  ): Promise<Readonly<AccountDto>> {
    return toAccountDto(await this.accounts.update(platform, id, dto));
  }

  @Delete(':id')
  @ApiOperation({
    summary: 'Remove an account',
    description:
      'Removes the account, its marks and its error history for good, and takes it out of its groups. Client keys that are bound to it do not keep it: the answer says how many they are (boundKeys).',
  })
  @ApiOkResponse({ description: 'The account as it was.', type: RemovedAccountDto })
  async remove(@Param('platform') platform: string, @Param('id') id: string): Promise<Readonly<RemovedAccountDto>> {
    return toRemovedAccountDto(await this.remover.remove(platform, id));
  }

  @Post(':id/toggle')
  @HttpCode(200)
  @ApiBody({ type: NoFieldsDto, required: false })
  @ApiOperation({
    summary: 'Switch an account off, or on again',
    description: 'Turns isActive. A decision of yours: it outlives a stop that version 1 made by itself.',
  })
  @ApiOkResponse({ description: 'The account after the change.', type: AccountDto })
  @ApiProblem(409, 'Others changed the account at the same time.')
  async toggle(
    @Param('platform') platform: string,
    @Param('id') id: string,
    @Body() _body: NoFieldsDto,
  ): Promise<Readonly<AccountDto>> {
    return toAccountDto(await this.accounts.toggleActive(platform, id));
  }

  @Post(':id/toggle-schedulable')
  @HttpCode(200)
  @ApiBody({ type: NoFieldsDto, required: false })
  @ApiOperation({ summary: 'Pause an account, or take it back into use' })
  @ApiOkResponse({ description: 'The account after the change.', type: AccountDto })
  @ApiProblem(409, 'Others changed the account at the same time.')
  async toggleSchedulable(
    @Param('platform') platform: string,
    @Param('id') id: string,
    @Body() _body: NoFieldsDto,
  ): Promise<Readonly<AccountDto>> {
    return toAccountDto(await this.accounts.toggleSchedulable(platform, id));
  }

  @Post(':id/reset-rate-limit')
  @HttpCode(200)
  @ApiBody({ type: NoFieldsDto, required: false })
  @ApiOperation({
    summary: 'End every temporary mark',
    description:
      'What version 1 calls reset-status, too. Ends cool-downs of any cause, named resets, missing models and endpoints, and stops that version 1 made by itself; what version 1 switched off is on again. What an administrator switched off stays off, and so does a spent daily quota.',
  })
  @ApiOkResponse({ description: 'The account after the change.', type: AccountDto })
  @ApiProblem(409, 'Others changed the account at the same time.')
  async reset(
    @Param('platform') platform: string,
    @Param('id') id: string,
    @Body() _body: NoFieldsDto,
  ): Promise<Readonly<AccountDto>> {
    return toAccountDto(await this.accounts.reset(platform, id));
  }

  @Get(':id/availability')
  @ApiOperation({
    summary: 'Ask whether an account can take a request now',
    description: 'Decided by the code that schedules. Whether the account is in the pool of a key is not asked here.',
  })
  @ApiOkResponse({ description: 'Whether it can, and why not.', type: AvailabilityDto })
  async getAvailability(
    @Param('platform') platform: string,
    @Param('id') id: string,
    @Query() query: AvailabilityQueryDto,
  ): Promise<Readonly<AvailabilityDto>> {
    return toAvailabilityDto(await this.queries.getAvailability(platform, id, query.model ?? null));
  }
}
