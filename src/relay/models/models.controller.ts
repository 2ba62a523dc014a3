import type { Principal } from '@crs/extension-api';
import { Controller, Get, Headers, Param } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import { CurrentPrincipal } from '../../api-key/current-principal.js';
import { ClientOnly } from '../../core/http/client-only.js';
import { type ModelDto, type ModelListDto, toModelDto, toModelListDto } from './models.dto.js';
import { ModelsService } from './models.service.js';
import { ApiModelAnswer, ApiModelListAnswer } from './models.swagger.js';

/** What the caller's key may ask for, in the form of the client: Anthropic's with an anthropic-version header, else OpenAI's. */
@Controller(['api/v1/models', 'claude/v1/models'])
@ClientOnly()
export class ModelsController {
  constructor(private readonly models: ModelsService) {}

  @Get()
  @ApiOperation({ summary: 'The models that this key may use' })
  @ApiModelListAnswer()
  async list(
    @CurrentPrincipal() principal: Principal,
    @Headers('anthropic-version') version?: string,
  ): Promise<ModelListDto> {
    return toModelListDto(await this.models.list(principal), version !== undefined);
  }

  @Get(':id')
  @ApiOperation({ summary: 'One model, if this key may use it' })
  @ApiModelAnswer()
  async get(
    @CurrentPrincipal() principal: Principal,
    @Param('id') id: string,
    @Headers('anthropic-version') version?: string,
  ): Promise<ModelDto> {
    return toModelDto(await this.models.get(principal, id), version !== undefined);
  }
}
