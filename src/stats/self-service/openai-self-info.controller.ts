import type { ApiKeyId } from '@crs/extension-api';
import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { ClientOnly } from '../../core/http/client-only.js';
import { CallerKeyId } from './caller-key-id.js';
import { OpenAiKeyInfoDto, OpenAiUsageDto, toOpenAiKeyInfoDto, toOpenAiUsageDto } from './dto/openai-self-info.dto.js';
import { SelfInfoService } from './self-info.service.js';

/** What a client of OpenAI's protocols may know of the key that it calls with, in the form that v1 gives it. */
@ApiTags('Self-service')
@ApiResponse({ status: 401, description: 'The key is missing, unknown, disabled or expired.' })
@ClientOnly()
@Controller('openai')
export class OpenAiSelfInfoController {
  constructor(private readonly info: SelfInfoService) {}

  @Get('key-info')
  @ApiOperation({ summary: 'The key that calls, its limits and what it used' })
  @ApiOkResponse({ type: OpenAiKeyInfoDto, description: 'The key.' })
  async getKeyInfo(@CallerKeyId() keyId: ApiKeyId): Promise<Readonly<OpenAiKeyInfoDto>> {
    return toOpenAiKeyInfoDto(await this.info.getReport(keyId));
  }

  @Get('usage')
  @ApiOperation({ summary: 'Tokens and requests of the calling key' })
  @ApiOkResponse({ type: OpenAiUsageDto, description: 'The figures.' })
  async getUsage(@CallerKeyId() keyId: ApiKeyId): Promise<Readonly<OpenAiUsageDto>> {
    return toOpenAiUsageDto(await this.info.getReport(keyId));
  }
}
