import { Body, Controller, Get, Put } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AdminOnly } from '../../core/http/admin-only.js';
import { CurrentAdmin } from '../../core/http/current-admin.js';
import { ApiProblem } from '../../core/http/problem-details.dto.js';
import type { AdminIdentity } from '../../core/http/request-context.js';
import { RelaySettingsDto } from './relay-settings.dto.js';
import { RelaySettingsService } from './relay-settings.service.js';
import { UpdateRelaySettingsDto } from './update-relay-settings.dto.js';

/** The relay settings of all keys, for administrators. */
@ApiTags('Settings')
@AdminOnly()
@Controller('api/v2/settings/relay')
export class RelaySettingsController {
  constructor(private readonly settings: RelaySettingsService) {}

  @Get()
  @ApiOperation({ summary: 'Show the relay settings: who may use the Anthropic paths, and the queue of busy keys' })
  @ApiOkResponse({ type: RelaySettingsDto, description: 'The settings in force.' })
  get(): Promise<Readonly<RelaySettingsDto>> {
    return this.settings.get();
  }

  @Put()
  @ApiOperation({
    summary:
      'Change the given relay settings; null puts one back to its default. Other instances follow within 5 seconds',
  })
  @ApiOkResponse({ type: RelaySettingsDto, description: 'The settings as they are now.' })
  @ApiProblem(409, 'Others are changing the settings at the same time.')
  update(
    @Body() dto: UpdateRelaySettingsDto,
    @CurrentAdmin() admin: AdminIdentity,
  ): Promise<Readonly<RelaySettingsDto>> {
    return this.settings.update(dto, admin.username);
  }
}
