import { ApiProperty } from '@nestjs/swagger';
import type { RemovedAccount } from '../account-remover.js';
import { AccountDto, toAccountDto } from './account.dto.js';

/** An account as it was before it was removed. */
export class RemovedAccountDto extends AccountDto {
  @ApiProperty({
    description:
      'How many client keys are still bound to the account itself. Bind them elsewhere: none serves them unless DEDICATED_ACCOUNT_FALLBACK is on.',
    example: 0,
  })
  boundKeys!: number;
}

export const toRemovedAccountDto = ({ account, boundKeys }: RemovedAccount): Readonly<RemovedAccountDto> => ({
  ...toAccountDto(account),
  boundKeys,
});
