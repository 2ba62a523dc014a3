import { Body, Controller, Delete, Get, Param, Post, Put, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AdminOnly } from '../../core/http/admin-only.js';
import { ApiListResponse, type ListResult } from '../../core/http/list-result.js';
import { ApiProblem } from '../../core/http/problem-details.dto.js';
import { CreateGroupDto, UpdateGroupDto } from './dto/group-input.dto.js';
import { GroupListQueryDto } from './dto/group-query.dto.js';
import { GroupDto, toGroupDto } from './dto/group.dto.js';
import { GroupService } from './group.service.js';

const NO_SUCH_GROUP = 'There is no such group.';
const NOT_SERVED = 'The group is one of version 1 that this gateway does not serve.';

/** Groups of accounts, to which client keys can be bound. */
@AdminOnly()
@ApiTags('account groups')
@Controller('api/v2/account-groups')
export class GroupController {
  constructor(private readonly groups: GroupService) {}

  @Get()
  @ApiOperation({ summary: 'List account groups' })
  @ApiListResponse(GroupDto, 'The groups in the order of their names.')
  async list(@Query() query: GroupListQueryDto): Promise<ListResult<Readonly<GroupDto>>> {
    const { items, total } = await this.groups.list(query);
    return { items: items.map(toGroupDto), total };
  }

  @Post()
  @ApiOperation({
    summary: 'Add an account group',
    description: 'The new group is empty. A client key that is bound to `group:{id}` is served by its members only.',
  })
  @ApiCreatedResponse({ description: 'The new group.', type: GroupDto })
  async create(@Body() dto: CreateGroupDto): Promise<Readonly<GroupDto>> {
    return toGroupDto(await this.groups.create(dto));
  }

  @Get(':id')
  @ApiOperation({ summary: 'Read an account group' })
  @ApiOkResponse({ description: 'The group.', type: GroupDto })
  @ApiProblem(404, NO_SUCH_GROUP)
  async get(@Param('id') id: string): Promise<Readonly<GroupDto>> {
    return toGroupDto(await this.groups.get(id));
  }

  @Put(':id')
  @ApiOperation({
    summary: 'Change an account group',
    description: 'Only the fields that are given change; null clears.',
  })
  @ApiOkResponse({ description: 'The group after the change.', type: GroupDto })
  @ApiProblem(404, NO_SUCH_GROUP)
  @ApiProblem(409, NOT_SERVED)
  async update(@Param('id') id: string, @Body() dto: UpdateGroupDto): Promise<Readonly<GroupDto>> {
    return toGroupDto(await this.groups.update(id, dto));
  }

  @Delete(':id')
  @ApiOperation({
    summary: 'Remove an account group',
    description: 'Only an empty one that no client key is bound to.',
  })
  @ApiOkResponse({ description: 'The group as it was.', type: GroupDto })
  @ApiProblem(404, NO_SUCH_GROUP)
  @ApiProblem(409, `It has members, or client keys are bound to it (the answer says how many). Or: ${NOT_SERVED}`)
  async remove(@Param('id') id: string): Promise<Readonly<GroupDto>> {
    return toGroupDto(await this.groups.remove(id));
  }
}
