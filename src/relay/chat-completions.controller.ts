import type { Principal } from '@crs/extension-api';
import { Controller, HttpCode, Post, Req, Res, UseInterceptors } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CurrentPrincipal } from '../api-key/current-principal.js';
import { ClientOnly } from '../core/http/client-only.js';
import { UsageInterceptor } from '../stats/ledger/usage.interceptor.js';
import { CHAT_COMPLETIONS } from './chat-completions.js';
import { ApiChatAnswers } from './openai.swagger.js';
import { RelayService } from './relay.service.js';

/** The client routes of OpenAI's chat completions, which Claude and Codex accounts serve by the model's name. */
@Controller(['openai', 'openai/v1', 'openai/claude/v1', 'api/v1', 'claude/v1'])
@ClientOnly()
@UseInterceptors(UsageInterceptor)
export class ChatCompletionsController {
  constructor(private readonly relay: RelayService) {}

  @Post('chat/completions')
  @HttpCode(200)
  @ApiOperation({ summary: 'Create a chat completion; relayed to an upstream account that serves the model' })
  @ApiChatAnswers()
  chatCompletions(
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
    @CurrentPrincipal() principal: Principal,
  ): Promise<void> {
    return this.relay.relay(CHAT_COMPLETIONS, request, reply, principal);
  }
}
