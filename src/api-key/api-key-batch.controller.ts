import { Body, Controller, Delete, Post, Put } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AdminOnly } from '../core/http/admin-only.js';
import { CurrentAdmin } from '../core/http/current-admin.js';
import type { AdminIdentity } from '../core/http/request-context.js';
import { ApiKeyBatchService } from './api-key-batch.service.js';
import { toBatchChange, toBatchInput } from './dto/api-key-input.js';
import { BatchDeleteApiKeysDto, BatchUpdateApiKeysDto } from './dto/batch-change.dto.js';
import { BatchCreateApiKeysDto, CreatedApiKeysDto } from './dto/batch-create.dto.js';
import { BatchResultsDto } from './dto/batch-result.dto.js';
import { toBatchResultsDto, toCreatedApiKeysDto } from './dto/to-batch-dto.js';

/** Many keys in one request, for administrators. */
@ApiTags('API keys')
@AdminOnly()
@Controller('api/v2/keys/batch')
export class ApiKeyBatchController {
  constructor(private readonly batch: ApiKeyBatchService) {}

  @Post()
  @ApiOperation({
    summary: 'Make up to 500 keys with the same settings, all or none; the answer shows their secrets this once',
  })
  @ApiCreatedResponse({ type: CreatedApiKeysDto, description: 'The keys with their secrets in `key`.' })
  async create(@Body() dto: BatchCreateApiKeysDto): Promise<Readonly<CreatedApiKeysDto>> {
    return toCreatedApiKeysDto(await this.batch.create(...toBatchInput(dto)));
  }

  @Put()
  @ApiOperation({
    summary: 'Change the given fields of up to 500 keys',
    description:
      'What no key could take is refused as a whole (400) before anything is written. Otherwise each key is changed, or says why not, by itself.',
  })
  @ApiOkResponse({ type: BatchResultsDto, description: 'How it went with each key.' })
  async update(@Body() { ids, changes }: BatchUpdateApiKeysDto): Promise<Readonly<BatchResultsDto>> {
    return toBatchResultsDto(await this.batch.update(ids, toBatchChange(changes)));
  }

  @Delete()
  @ApiOperation({ summary: 'Delete up to 500 keys; their figures stay and they can be restored' })
  @ApiOkResponse({ type: BatchResultsDto, description: 'How it went with each key.' })
  async delete(
    @Body() { ids }: BatchDeleteApiKeysDto,
    @CurrentAdmin() admin: AdminIdentity,
  ): Promise<Readonly<BatchResultsDto>> {
    return toBatchResultsDto(await this.batch.delete(ids, admin.username));
  }
}
