import { applyDecorators, Body, Controller, Get, HttpCode, Post, UseGuards } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ThrottlerGuard } from '@nestjs/throttler';
import { Public } from '@crs/extension-api';
import { AdminOnly } from '../core/http/admin-only.js';
import { CurrentAdmin } from '../core/http/current-admin.js';
import { ApiProblem } from '../core/http/problem-details.dto.js';
import type { AdminSession } from './admin.js';
import { AuthService } from './auth.service.js';
import { AdminDto, toAdminDto } from './dto/admin.dto.js';
import { ChangePasswordDto, MessageDto } from './dto/change-password.dto.js';
import { LoginDto, TokenDto } from './dto/login.dto.js';

/** A name and two passwords fit many times. */
const BODY_LIMIT_BYTES = 16 * 1024;

/** A route that takes a password: few attempts, small bodies. */
const TakesPassword = (): MethodDecorator =>
  applyDecorators(
    UseGuards(ThrottlerGuard),
    RouteConfig({ bodyLimitBytes: BODY_LIMIT_BYTES }),
    ApiProblem(413, 'The body is larger than 16 KiB.'),
    ApiProblem(429, 'More than 10 attempts a minute from this address; `retry-after` says when the next may come.'),
  );

const LoginRoute = (): MethodDecorator =>
  applyDecorators(
    Post('admin/login'),
    ApiOperation({ summary: 'Log in as the administrator' }),
    Public(),
    TakesPassword(),
    HttpCode(200),
    ApiOkResponse({ type: TokenDto, description: 'Logged in.' }),
    ApiProblem(400, 'A field is missing, unknown or has a value that is not allowed.'),
    ApiProblem(401, 'The user name or the password is wrong.'),
  );

const ChangePasswordRoute = (): MethodDecorator =>
  applyDecorators(
    Post('change-password'),
    ApiOperation({ summary: 'Change the password; ends every other login' }),
    AdminOnly(),
    TakesPassword(),
    HttpCode(200),
    ApiOkResponse({ type: MessageDto, description: 'Changed; all logins but this one have ended.' }),
    ApiProblem(409, 'Somebody else changed the password at the same time.'),
  );

/** Logging in as the administrator. */
@ApiTags('Authentication')
@Controller('api/v2/auth')
export class AuthController {
  constructor(private readonly auth: AuthService) {}

  @LoginRoute()
  login(@Body() { username, password }: LoginDto): Promise<Readonly<TokenDto>> {
    return this.auth.login(username, password);
  }

  @Get('me')
  @ApiOperation({ summary: 'Who is logged in' })
  @AdminOnly()
  @ApiOkResponse({ type: AdminDto, description: 'Who the token belongs to.' })
  me(@CurrentAdmin() admin: AdminSession): Readonly<AdminDto> {
    return toAdminDto(admin);
  }

  @ChangePasswordRoute()
  async changePassword(
    @CurrentAdmin() admin: AdminSession,
    @Body() body: ChangePasswordDto,
  ): Promise<Readonly<MessageDto>> {
    await this.auth.changePassword(admin, body.currentPassword, body.newPassword);
    return { message: 'The password was changed. All other logins have ended.' };
  }
}
