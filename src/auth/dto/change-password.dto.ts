import { ApiProperty } from '@nestjs/swagger';
import { TextLength } from '../../core/http/text-length.validator.js';

/** A change of the administrator's password. */
export class ChangePasswordDto {
  @ApiProperty({ description: 'The password in force.', minLength: 1, maxLength: 1024, example: 'the old password' })
  @TextLength(1, 1024)
  currentPassword!: string;

  @ApiProperty({
    description: 'The new password.',
    minLength: 8,
    maxLength: 256,
    example: 'correct horse battery staple',
  })
  @TextLength(8, 256)
  newPassword!: string;
}

/** What was done. */
export class MessageDto {
  @ApiProperty({ description: 'What was done.', example: 'The password was changed. All other logins have ended.' })
  message!: string;
}
