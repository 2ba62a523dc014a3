import { Body, Controller, Header, HttpCode, Param, Post, Req, type StreamableFile } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { AdminOnly } from '../../core/http/admin-only.js';
import { ApiAccountTest, ApiProxyTest } from './account-probe.swagger.js';
import { AccountTester } from './account-tester.js';
import { AccountTestInputDto } from './dto/account-test.dto.js';
import { ProxyTestDto, ProxyTestInputDto } from './dto/proxy-test.dto.js';
import { ProxyTester } from './proxy-tester.js';

/** Trying out accounts and proxies. */
@AdminOnly()
@ApiTags('accounts')
@Controller('api/v2/accounts')
export class AccountProbeController {
  constructor(
    private readonly accounts: AccountTester,
    private readonly proxies: ProxyTester,
  ) {}

  @Post('test-proxy')
  @HttpCode(200)
  @ApiProxyTest()
  testProxy(@Body() { proxy, url }: ProxyTestInputDto): Promise<Readonly<ProxyTestDto>> {
    return this.proxies.test(proxy, url);
  }

  @Post(':platform/:id/test')
  @HttpCode(200)
  // A proxy before the gateway must not collect what is told piece by piece.
  @Header('x-accel-buffering', 'no')
  @ApiAccountTest()
  testAccount(
    @Param('platform') platform: string,
    @Param('id') accountId: string,
    @Body() { model }: AccountTestInputDto,
    @Req() request: FastifyRequest,
  ): Promise<StreamableFile> {
    return this.accounts.start({ platform, accountId, model: model ?? null, requestId: request.id });
  }
}
