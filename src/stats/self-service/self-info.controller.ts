import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { ApiKeyId } from '@crs/extension-api';
import { ClientOnly } from '../../core/http/client-only.js';
import { CallerKeyId } from './caller-key-id.js';
import {
  KeyInfoDto,
  MeDto,
  OrganizationUsageDto,
  OwnUsageDto,
  toKeyInfoDto,
  toMeDto,
  toOrganizationUsageDto,
  toOwnUsageDto,
} from './dto/self-info.dto.js';
import { SelfInfoService } from './self-info.service.js';

/** What a client may know of the key that it calls with. */
@ApiTags('Self-service')
@ApiResponse({ status: 401, description: 'The key is missing, unknown, disabled or expired.' })
@ClientOnly()
@Controller(['api/v1', 'claude/v1'])
export class SelfInfoController {
  constructor(private readonly info: SelfInfoService) {}

  @Get('key-info')
  @ApiOperation({ summary: 'The key that calls, what it used and how far its limits are used' })
  @ApiOkResponse({ type: KeyInfoDto, description: 'The key.' })
  async getKeyInfo(@CallerKeyId() keyId: ApiKeyId): Promise<Readonly<KeyInfoDto>> {
    return toKeyInfoDto(await this.info.getReport(keyId));
  }

  @Get('usage')
  @ApiOperation({ summary: 'What the calling key used' })
  @ApiOkResponse({ type: OwnUsageDto, description: 'The figures.' })
  async getUsage(@CallerKeyId() keyId: ApiKeyId): Promise<Readonly<OwnUsageDto>> {
    return toOwnUsageDto(await this.info.getReport(keyId));
  }

  @Get('me')
  @ApiOperation({ summary: 'The calling key in the form of a user' })
  @ApiOkResponse({ type: MeDto, description: 'The key as a user.' })
  async getMe(@CallerKeyId() keyId: ApiKeyId): Promise<Readonly<MeDto>> {
    return toMeDto(await this.info.getKey(keyId));
  }

  @Get('organizations/:id/usage')
  @ApiOperation({ summary: 'The token limit of the calling key in the form of a credit balance' })
  @ApiParam({ name: 'id', description: 'Any; there is one organization.', example: 'default' })
  @ApiOkResponse({ type: OrganizationUsageDto, description: 'The balance.' })
  async getOrganizationUsage(@CallerKeyId() keyId: ApiKeyId): Promise<Readonly<OrganizationUsageDto>> {
    return toOrganizationUsageDto(await this.info.getKey(keyId));
  }
}
