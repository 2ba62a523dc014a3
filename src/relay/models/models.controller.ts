import type { Principal } from '@crs/extension-api';
import { Controller, Get, Headers, Param } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import { CurrentPrincipal } from '../../api-key/current-principal.js';
import { ClientOnly } from '../../core/http/client-only.js';
import { CHAT_COMPLETIONS } from '../chat-completions.js';
import type { Endpoint } from '../endpoint.js';
import { MESSAGES } from '../endpoints.js';
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
    return toModelListDto(await this.models.list(principal, endpointOf(version)), version !== undefined);
  }

  @Get(':id')
  @ApiOperation({ summary: 'One model, if this key may use it' })
  @ApiModelAnswer()
  async get(
    @CurrentPrincipal() principal: Principal,
    @Param('id') id: string,
    @Headers('anthropic-version') version?: string,
  ): Promise<ModelDto> {
    return toModelDto(await this.models.get(principal, endpointOf(version), id), version !== undefined);
  }
}

/** A client of Anthropic's protocol could do nothing with a model that only chat completions serve. */
const endpointOf = (version: string | undefined): Endpoint => (version === undefined ? CHAT_COMPLETIONS : MESSAGES);
