import { ApiProperty } from '@nestjs/swagger';
import { NOT_SERVED_KINDS } from '../not-served-kinds.js';
import type { ListedNotServed } from '../not-served.service.js';

/** An account of v1 that is kept and not served. */
export class NotServedAccountDto {
  @ApiProperty({
    description: "v1's name of the kind.",
    enum: NOT_SERVED_KINDS.map(({ kind }) => kind),
    example: 'openai',
  })
  kind!: string;

  @ApiProperty({ description: 'Its id.', example: '6f9619ff-8b86-4d01-b42d-00cf4fc964ff' })
  id!: string;

  @ApiProperty({ description: 'Its name.', example: 'team login' })
  name!: string;

  @ApiProperty({ description: '`shared`, `dedicated` or `group`, as v1 stored it.', example: 'shared' })
  accountType!: string;

  @ApiProperty({ description: 'Whether v1 would use it.', example: true })
  isActive!: boolean;

  @ApiProperty({
    description: 'Why it is not served, and what to do instead.',
    example: 'A login at ChatGPT (OAuth). Logins are not used here: create a Codex account with an API key.',
  })
  reason!: string;

  @ApiProperty({
    description:
      'Client keys, deleted ones left out, that are bound to it. Their requests for its service are refused with 503 until they are bound elsewhere, unless their fallback lets them into the pool.',
    type: 'integer',
    example: 2,
  })
  boundKeys!: number;
}

export const toNotServedAccountDto = ({
  kind: { kind, reason },
  id,
  name,
  accountType,
  isActive,
  boundKeys,
}: ListedNotServed): Readonly<NotServedAccountDto> => ({ kind, id, name, accountType, isActive, reason, boundKeys });
