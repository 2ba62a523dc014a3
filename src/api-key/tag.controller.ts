import { applyDecorators, Body, Controller, Delete, Get, Param, Post, Put, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { AdminOnly } from '../core/http/admin-only.js';
import { ListQueryDto } from '../core/http/list-query.dto.js';
import { ApiListResponse, type ListResult } from '../core/http/list-result.js';
import { ApiProblem } from '../core/http/problem-details.dto.js';
import { ChangedTagDto, CreateTagDto, RenameTagDto, TagDto } from './dto/tag.dto.js';
import { TagService } from './tag.service.js';

const TagParam = (): MethodDecorator =>
  applyDecorators(
    ApiParam({ name: 'name', description: 'The tag, percent-encoded.', example: 'team-a' }),
    ApiProblem(404, 'There is no such tag.'),
  );

/** The tags of keys, for administrators. */
@ApiTags('API keys')
@AdminOnly()
@Controller('api/v2/tags')
export class TagController {
  constructor(private readonly tags: TagService) {}

  @Get()
  @ApiOperation({ summary: 'List tags by name' })
  @ApiListResponse(TagDto, 'One page of the tags, each with how many keys have it.')
  list(@Query() { offset, limit }: ListQueryDto): Promise<ListResult<Readonly<TagDto>>> {
    return this.tags.list(offset, limit);
  }

  @Post()
  @ApiOperation({
    summary: 'Make a tag that no key has yet',
    description: 'A tag that a key gets need not be made before. A tag goes with the last key that loses it.',
  })
  @ApiCreatedResponse({ type: TagDto, description: 'The tag.' })
  @ApiProblem(409, 'There is already such a tag.')
  create(@Body() { name }: CreateTagDto): Promise<Readonly<TagDto>> {
    return this.tags.create(name);
  }

  @Put(':name')
  @TagParam()
  @ApiOperation({ summary: 'Rename a tag on all keys that have it, deleted ones included' })
  @ApiOkResponse({ type: ChangedTagDto, description: 'The new name, and how many keys were changed.' })
  @ApiProblem(
    409,
    'There is already a tag of the new name and `merge` is not true, or others give the tag to keys at the same time.',
  )
  async rename(@Param('name') name: string, @Body() dto: RenameTagDto): Promise<Readonly<ChangedTagDto>> {
    return { name: dto.name, changedKeys: await this.tags.rename(name, dto.name, dto.merge ?? false) };
  }

  @Delete(':name')
  @TagParam()
  @ApiOperation({ summary: 'Take a tag from all keys that have it, deleted ones included' })
  @ApiOkResponse({ type: ChangedTagDto, description: 'The name, and how many keys were changed.' })
  @ApiProblem(409, 'Others give the tag to keys at the same time.')
  async remove(@Param('name') name: string): Promise<Readonly<ChangedTagDto>> {
    return { name, changedKeys: await this.tags.remove(name) };
  }
}
