import { ApiProperty } from '@nestjs/swagger';
import { TextLength } from '../../core/http/text-length.validator.js';
import type { IssuedToken } from '../admin-tokens.js';

/** A login. */
export class LoginDto {
  @ApiProperty({ description: 'User name of the administrator.', minLength: 1, maxLength: 256, example: 'admin' })
  @TextLength(1, 256)
  username!: string;

  @ApiProperty({ description: 'Password.', minLength: 1, maxLength: 1024, example: 'correct horse battery staple' })
  @TextLength(1, 1024)
  password!: string;
}

/** A token for the routes of the administration. */
export class TokenDto implements IssuedToken {
  @ApiProperty({ description: 'To be sent as `Authorization: Bearer ...`.', example: 'eyJhbGciOiJIUzI1NiIs...' })
  token!: string;

  @ApiProperty({ description: 'Seconds until the token expires.', example: 86_400 })
  expiresIn!: number;
}
