import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AdminOnly } from '../../core/http/admin-only.js';
import { ListQueryDto } from '../../core/http/list-query.dto.js';
import { ApiListResponse, type ListResult } from '../../core/http/list-result.js';
import { ApiProblem } from '../../core/http/problem-details.dto.js';
import { AddMemberDto, GroupMemberDto, ReplaceMembersDto, toGroupMemberDto } from './dto/group-member.dto.js';
import { GroupMemberService } from './group-member.service.js';

const NOT_SERVED = 'The group is one of version 1 that this gateway does not serve.';
const NO_ACCOUNT = 'A field is wrong, or names what is no account of the platform of the group.';
const TYPE_STAYS =
  'The type of an account stays as it is: a shared one goes on serving the keys that are bound to nothing; one of type group or dedicated serves bound keys only.';

/** The accounts of a group. */
@AdminOnly()
@ApiTags('account groups')
@ApiProblem(404, 'There is no such group.')
@Controller('api/v2/account-groups/:id/members')
export class GroupMemberController {
  constructor(private readonly members: GroupMemberService) {}

  @Get()
  @ApiOperation({ summary: 'List the accounts of a group' })
  @ApiListResponse(GroupMemberDto, 'The members, those that are asked first at the top.')
  async list(@Param('id') id: string, @Query() query: ListQueryDto): Promise<ListResult<Readonly<GroupMemberDto>>> {
    const { items, total } = await this.members.list(id, query);
    return { items: items.map(toGroupMemberDto), total };
  }

  @Put()
  @ApiOperation({ summary: 'Say which accounts are in a group', description: `All at once. ${TYPE_STAYS}` })
  @ApiListResponse(GroupMemberDto, 'All members after the change.')
  @ApiProblem(400, NO_ACCOUNT)
  @ApiProblem(409, NOT_SERVED)
  async replace(
    @Param('id') id: string,
    @Body() dto: ReplaceMembersDto,
  ): Promise<ListResult<Readonly<GroupMemberDto>>> {
    const { items, total } = await this.members.replace(id, dto.accountIds);
    return { items: items.map(toGroupMemberDto), total };
  }

  @Post()
  @HttpCode(200)
  @ApiOperation({ summary: 'Put an account into a group', description: TYPE_STAYS })
  @ApiOkResponse({ description: 'The member, also where it was one before.', type: GroupMemberDto })
  @ApiProblem(400, NO_ACCOUNT)
  @ApiProblem(409, NOT_SERVED)
  async add(@Param('id') id: string, @Body() dto: AddMemberDto): Promise<Readonly<GroupMemberDto>> {
    return toGroupMemberDto(await this.members.add(id, dto.accountId));
  }

  @Delete(':accountId')
  @ApiOperation({ summary: 'Take an account out of a group' })
  @ApiOkResponse({ description: 'The account that was taken out.', type: GroupMemberDto })
  @ApiProblem(404, 'There is no such group, or the account is no member of it.')
  @ApiProblem(409, NOT_SERVED)
  async remove(@Param('id') id: string, @Param('accountId') accountId: string): Promise<Readonly<GroupMemberDto>> {
    return toGroupMemberDto(await this.members.remove(id, accountId));
  }
}
