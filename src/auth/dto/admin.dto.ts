import { ApiProperty } from '@nestjs/swagger';
import type { AdminIdentity } from '../../core/http/request-context.js';

/** The administrator behind a token. */
export class AdminDto {
  @ApiProperty({ description: 'User name.', example: 'admin' })
  username!: string;

  @ApiProperty({ description: 'What the token allows.', enum: ['admin'], example: 'admin' })
  role!: 'admin';
}

export function toAdminDto({ username }: AdminIdentity): Readonly<AdminDto> {
  return { username, role: 'admin' };
}
