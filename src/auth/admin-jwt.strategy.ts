import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { AppConfig } from '../core/config/app-config.js';
import type { AdminSession } from './admin.js';
import { readClaims, TOKEN_ALGORITHM, TOKEN_AUDIENCE, TOKEN_ISSUER } from './admin-tokens.js';
import { AuthService } from './auth.service.js';

export const ADMIN_JWT = 'admin-jwt';

/** Turns a bearer token into the login it stands for. */
@Injectable()
export class AdminJwtStrategy extends PassportStrategy(Strategy, ADMIN_JWT) {
  constructor(
    config: AppConfig,
    private readonly auth: AuthService,
  ) {
    super({
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      secretOrKey: config.jwtSecret,
      algorithms: [TOKEN_ALGORITHM],
      issuer: TOKEN_ISSUER,
      audience: TOKEN_AUDIENCE,
    });
  }

  /** False refuses the token. */
  async validate(payload: unknown): Promise<AdminSession | false> {
    const claims = readClaims(payload);
    return (claims && (await this.auth.identify(claims))) ?? false;
  }
}
