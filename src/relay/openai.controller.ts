import type { Principal } from '@crs/extension-api';
import { Controller, HttpCode, Post, Req, Res, UseInterceptors } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CurrentPrincipal } from '../api-key/current-principal.js';
import { ClientOnly } from '../core/http/client-only.js';
import { UsageInterceptor } from '../stats/ledger/usage.interceptor.js';
import { COMPACT, RESPONSES } from './endpoints.js';
import { ApiResponsesAnswers } from './openai.swagger.js';
import { RelayService } from './relay.service.js';

/** The client routes of OpenAI's Responses protocol, which Codex speaks. */
@Controller(['openai', 'openai/v1'])
@ClientOnly()
@UseInterceptors(UsageInterceptor)
export class OpenAiController {
  constructor(private readonly relay: RelayService) {}

  @Post('responses')
  @HttpCode(200)
  @ApiOperation({ summary: 'Create a response; relayed to one of the upstream accounts' })
  @ApiResponsesAnswers()
  responses(
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
    @CurrentPrincipal() principal: Principal,
  ): Promise<void> {
    return this.relay.relay(RESPONSES, request, reply, principal);
  }

  @Post('responses/compact')
  @HttpCode(200)
  @ApiOperation({ summary: 'Make a long thread short; relayed to one of the upstream accounts' })
  @ApiResponsesAnswers()
  compact(
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
    @CurrentPrincipal() principal: Principal,
  ): Promise<void> {
    return this.relay.relay(COMPACT, request, reply, principal);
  }
}
