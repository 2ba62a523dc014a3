import type { Principal } from '@crs/extension-api';
import { Controller, Get, Param } from '@nestjs/common';
import { ApiExcludeEndpoint, ApiOperation } from '@nestjs/swagger';
import { CurrentPrincipal } from '../../api-key/current-principal.js';
import { ClientOnly } from '../../core/http/client-only.js';
import { CHAT_COMPLETIONS } from '../chat-completions.js';
import { type ModelDto, type ModelListDto, toModelDto, toModelListDto } from './models.dto.js';
import { ModelsService } from './models.service.js';
import { ApiOpenAiModelAnswer, ApiOpenAiModelListAnswer } from './models.swagger.js';

/** What the caller's key may ask for, always in OpenAI's form; models of Claude, too, since chat completions serve them. */
@Controller(['openai/models', 'openai/v1/models', 'openai/claude/v1/models'])
@ClientOnly()
export class OpenAiModelsController {
  constructor(private readonly models: ModelsService) {}

  @Get()
  @ApiOperation({ summary: "The models that this key may use, in OpenAI's form" })
  @ApiOpenAiModelListAnswer()
  async list(@CurrentPrincipal() principal: Principal): Promise<ModelListDto> {
    return toModelListDto(await this.models.list(principal, CHAT_COMPLETIONS), false);
  }

  @Get(':id')
  @ApiOperation({ summary: "One model, if this key may use it, in OpenAI's form" })
  @ApiOpenAiModelAnswer()
  async get(@CurrentPrincipal() principal: Principal, @Param('id') id: string): Promise<ModelDto> {
    return toModelDto(await this.models.get(principal, CHAT_COMPLETIONS, id), false);
  }

  /** The same for an id with slashes that the client has not encoded, such as `vendor/model`. */
  @Get('*')
  @ApiExcludeEndpoint()
  getWithSlashes(@CurrentPrincipal() principal: Principal, @Param('*') id: string): Promise<ModelDto> {
    return this.get(principal, id);
  }
}
