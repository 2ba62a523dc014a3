import type { RelayErrorCode } from '@crs/extension-api';
import { ApiProperty } from '@nestjs/swagger';
import type { RequestExplanation } from './explain.service.js';
import { ExplainedAccountDto, toExplainedAccountDto } from './explained-account.dto.js';

class KeyRefusalDto {
  @ApiProperty({
    description:
      '`invalid_key`: disabled, deleted or expired. `permission_denied`: the service is not among its permissions. `model_not_allowed`: its restriction refuses the model. `no_account`: it is bound to an account of a kind that is not served here.',
    enum: ['invalid_key', 'permission_denied', 'model_not_allowed', 'no_account'],
    example: 'model_not_allowed',
  })
  code!: RelayErrorCode;

  @ApiProperty({
    description: 'What its client reads (of a deleted key: that it was not found).',
    example: 'This API key may not use the model claude-opus-5-5.',
  })
  message!: string;
}

/** What would become of a request of a key. */
export class ExplanationDto {
  @ApiProperty({ description: 'The id of the key.', example: '80cac638-f623-4bed-ac85-8a1a69d6525d' })
  keyId!: string;

  @ApiProperty({ description: 'Its name.', example: 'ada' })
  keyName!: string;

  @ApiProperty({
    description: 'Why the request is refused before any account is looked at; null = it is not.',
    type: KeyRefusalDto,
    nullable: true,
  })
  refusal!: Readonly<KeyRefusalDto> | null;

  @ApiProperty({
    description:
      'The accounts, in the order in which they would be asked, then by name; none where the key is refused, but all where it is refused with `no_account`.',
    type: [ExplainedAccountDto],
  })
  accounts!: readonly Readonly<ExplainedAccountDto>[];
}

export const toExplanationDto = ({
  keyId,
  keyName,
  refusal,
  accounts,
}: RequestExplanation): Readonly<ExplanationDto> => ({
  keyId,
  keyName,
  refusal,
  accounts: accounts.map(toExplainedAccountDto),
});
