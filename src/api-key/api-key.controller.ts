import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AdminOnly } from '../core/http/admin-only.js';
import { CurrentAdmin } from '../core/http/current-admin.js';
import { ApiListResponse, type ListResult } from '../core/http/list-result.js';
import { NoFieldsDto } from '../core/http/no-fields.dto.js';
import { ApiProblem } from '../core/http/problem-details.dto.js';
import type { AdminIdentity } from '../core/http/request-context.js';
import { ApiKeyQueryService } from './api-key-query.service.js';
import { ApiKeyRemoval } from './api-key-removal.js';
import { ApiKeyService } from './api-key.service.js';
import { toApiKeyInput, toApiKeyPage, toNewApiKeyInput } from './dto/api-key-input.js';
import { ApiKeyDto } from './dto/api-key.dto.js';
import { CreateApiKeyDto } from './dto/create-api-key.dto.js';
import { CreatedApiKeyDto } from './dto/created-api-key.dto.js';
import { DeletedApiKeysDto } from './dto/deleted-api-keys.dto.js';
import { ListApiKeysQueryDto } from './dto/list-api-keys.query.dto.js';
import { toApiKeyDto, toCreatedApiKeyDto } from './dto/to-api-key-dto.js';
import { UpdateApiKeyDto } from './dto/update-api-key.dto.js';
import { KeyParam, KeyRoute } from './key-route.js';

/** The keys of clients, for administrators. */
@ApiTags('API keys')
@AdminOnly()
@Controller('api/v2/keys')
export class ApiKeyController {
  constructor(
    private readonly keys: ApiKeyService,
    private readonly queries: ApiKeyQueryService,
    private readonly removal: ApiKeyRemoval,
  ) {}

  @Post()
  @ApiOperation({ summary: 'Make a key; the answer shows its secret this once' })
  @ApiCreatedResponse({ type: CreatedApiKeyDto, description: 'The key with its secret in `key`.' })
  async create(@Body() dto: CreateApiKeyDto): Promise<Readonly<CreatedApiKeyDto>> {
    return toCreatedApiKeyDto(await this.keys.create(toNewApiKeyInput(dto)));
  }

  @Get()
  @ApiOperation({ summary: 'List keys; newest first unless another order is asked for' })
  @ApiListResponse(ApiKeyDto, 'One page of the keys that pass the filters.')
  async list(@Query() query: ListApiKeysQueryDto): Promise<ListResult<Readonly<ApiKeyDto>>> {
    const { items, total } = await this.queries.list(toApiKeyPage(query));
    return { items: items.map(toApiKeyDto), total };
  }

  @Delete('deleted')
  @ApiOperation({
    summary: 'Remove all deleted keys for good; their figures stay',
    description: 'A key that is restored meanwhile is kept.',
  })
  @ApiOkResponse({ type: DeletedApiKeysDto, description: 'How many were removed.' })
  @ApiProblem(409, 'Others are changing one of the keys at the same time; try again for the rest.')
  async removeAllDeleted(): Promise<Readonly<DeletedApiKeysDto>> {
    return { deleted: await this.removal.removeAllDeleted() };
  }

  @Get(':id')
  @KeyRoute('Show a key, deleted or not')
  async get(@Param('id') id: string): Promise<Readonly<ApiKeyDto>> {
    return toApiKeyDto(await this.keys.get(id));
  }

  @Put(':id')
  @KeyRoute('Change the given fields of a key; null puts a field back to its default')
  @ApiProblem(409, 'The key is deleted, or others are changing it at the same time.')
  async update(@Param('id') id: string, @Body() dto: UpdateApiKeyDto): Promise<Readonly<ApiKeyDto>> {
    return toApiKeyDto(await this.keys.update(id, toApiKeyInput(dto)));
  }

  @Delete(':id')
  @KeyRoute('Delete a key; its figures stay and it can be restored')
  async delete(@Param('id') id: string, @CurrentAdmin() admin: AdminIdentity): Promise<Readonly<ApiKeyDto>> {
    return toApiKeyDto(await this.keys.delete(id, admin.username));
  }

  @Post(':id/restore')
  @HttpCode(200)
  @KeyRoute('Restore a deleted key; it works again, also where it was switched off')
  @ApiProblem(409, 'The key is not deleted.')
  async restore(
    @Param('id') id: string,
    @CurrentAdmin() admin: AdminIdentity,
    @Body() _: NoFieldsDto,
  ): Promise<Readonly<ApiKeyDto>> {
    return toApiKeyDto(await this.keys.restore(id, admin.username));
  }

  @Post(':id/regenerate')
  @HttpCode(200)
  @ApiOperation({ summary: 'Give a key a new secret, shown this once; the old one ends at the same moment' })
  @KeyParam()
  @ApiOkResponse({ type: CreatedApiKeyDto, description: 'The key with its new secret in `key`.' })
  @ApiProblem(404, 'There is no API key with this id.')
  @ApiProblem(409, 'The key is deleted, or others are changing it at the same time.')
  async regenerate(@Param('id') id: string, @Body() _: NoFieldsDto): Promise<Readonly<CreatedApiKeyDto>> {
    return toCreatedApiKeyDto(await this.keys.regenerate(id));
  }

  @Delete(':id/permanent')
  @KeyRoute('Remove a deleted key for good; its figures stay', 'The key as it was.')
  @ApiProblem(409, 'The key is not deleted: delete it first. Or others are changing it at the same time.')
  async remove(@Param('id') id: string): Promise<Readonly<ApiKeyDto>> {
    return toApiKeyDto(await this.removal.remove(id));
  }
}
