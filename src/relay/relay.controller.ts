import type { Principal } from '@crs/extension-api';
import { Controller, HttpCode, Post, Req, Res, UseInterceptors } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CurrentPrincipal } from '../api-key/current-principal.js';
import { ClientOnly } from '../core/http/client-only.js';
import { UsageInterceptor } from '../stats/ledger/usage.interceptor.js';
import { COUNT_TOKENS, MESSAGES } from './endpoints.js';
import { ApiRelayAnswers } from './relay.swagger.js';
import { RelayService } from './relay.service.js';

/** The client routes of the Anthropic protocol. */
@Controller(['api/v1', 'claude/v1', 'api/claude/v1', 'claude/claude/v1'])
@ClientOnly()
@UseInterceptors(UsageInterceptor)
export class RelayController {
  constructor(private readonly relay: RelayService) {}

  @Post('messages')
  @HttpCode(200)
  @ApiOperation({ summary: 'Create a message; relayed to one of the upstream accounts' })
  @ApiRelayAnswers()
  messages(
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
    @CurrentPrincipal() principal: Principal,
  ): Promise<void> {
    return this.relay.relay(MESSAGES, request, reply, principal);
  }

  @Post('messages/count_tokens')
  @HttpCode(200)
  @ApiOperation({ summary: 'Count the tokens of a message; free of charge' })
  @ApiRelayAnswers()
  countTokens(
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
    @CurrentPrincipal() principal: Principal,
  ): Promise<void> {
    return this.relay.relay(COUNT_TOKENS, request, reply, principal);
  }
}
