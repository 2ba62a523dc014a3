import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { JwtModule, type JwtModuleOptions } from '@nestjs/jwt';
import { ThrottlerModule, type ThrottlerModuleOptions } from '@nestjs/throttler';
import { AppConfig } from '../core/config/app-config.js';
import { RecentAttempts } from '../core/http/recent-attempts.js';
import { Clock } from '../core/time/clock.js';
import { AdminJwtGuard } from './admin-jwt.guard.js';
import { AdminJwtStrategy } from './admin-jwt.strategy.js';
import { AdminRepository } from './admin.repository.js';
import { AdminSetup } from './admin-setup.js';
import { AdminTokens, TOKEN_ALGORITHM, TOKEN_AUDIENCE, TOKEN_ISSUER } from './admin-tokens.js';
import { Announcements } from './announcements.js';
import { AuthController } from './auth.controller.js';
import { AuthService } from './auth.service.js';
import { PasswordHasher } from './password-hasher.js';
import { V1AdminFile } from './v1-admin-file.js';

const jwtOptions = (config: AppConfig): JwtModuleOptions => ({
  secret: config.jwtSecret,
  signOptions: { algorithm: TOKEN_ALGORITHM, issuer: TOKEN_ISSUER, audience: TOKEN_AUDIENCE },
});

const throttlerOptions = (clock: Clock): ThrottlerModuleOptions => ({
  throttlers: [{ ttl: 60_000, limit: 10 }],
  storage: new RecentAttempts(clock),
  // Whoever has one IPv6 address has its whole subnet.
  ipv6SubnetPrefix: 64,
  errorMessage: (_context, { timeToBlockExpire }) =>
    `Too many attempts from this address. Try again in ${timeToBlockExpire} s.`,
});

/** The administrator's identity, and the guard of every route that is only the administrator's. */
@Module({
  imports: [
    JwtModule.registerAsync({ useFactory: jwtOptions, inject: [AppConfig] }),
    ThrottlerModule.forRootAsync({ useFactory: throttlerOptions, inject: [Clock] }),
  ],
  controllers: [AuthController],
  providers: [
    AdminRepository,
    AdminSetup,
    AdminTokens,
    Announcements,
    AuthService,
    AdminJwtStrategy,
    PasswordHasher,
    V1AdminFile,
    { provide: APP_GUARD, useClass: AdminJwtGuard },
  ],
})
export class AuthModule {}
