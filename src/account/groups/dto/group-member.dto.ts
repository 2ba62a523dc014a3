import type { AccountType } from '@crs/extension-api';
import { ApiProperty } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, ValidateBy } from 'class-validator';
import { ACCOUNT_TYPES, isAccountId } from '../../account-record.js';
import type { GroupMember } from '../group-member.service.js';

const MAX_MEMBERS = 1000;
const MAX_ID_LENGTH = 100;
const ACCOUNT_ID = '75462f7c-eb6a-4460-ba3f-065020d4ba45';

const isId = (value: unknown): boolean =>
  typeof value === 'string' && value.length <= MAX_ID_LENGTH && isAccountId(value);

const IsAccountId = (each: boolean): PropertyDecorator =>
  ValidateBy(
    {
      name: 'isAccountId',
      validator: {
        validate: isId,
        defaultMessage: () => (each ? '$property must be ids of accounts' : '$property must be the id of an account'),
      },
    },
    { each },
  );

/** All members that a group shall have. */
export class ReplaceMembersDto {
  @ApiProperty({
    description:
      'Ids of all accounts that shall be in the group; all others are taken out. Empty: no account. Members that this gateway does not serve may be named again and stay.',
    type: [String],
    maxItems: MAX_MEMBERS,
    example: [ACCOUNT_ID],
  })
  @IsAccountId(true)
  @ArrayMaxSize(MAX_MEMBERS)
  @IsArray({ message: '$property must be a list of account ids' })
  accountIds!: string[];
}

/** One account that shall join. */
export class AddMemberDto {
  @ApiProperty({ description: 'Id of the account.', example: ACCOUNT_ID })
  @IsAccountId(false)
  accountId!: string;
}

/** An account in a group. */
export class GroupMemberDto {
  @ApiProperty({ description: 'Id of the account.', example: ACCOUNT_ID })
  id!: string;

  @ApiProperty({
    description:
      'The platform that serves it. Null, as everything below: an account of version 1 that this gateway does not serve, or one that is gone.',
    nullable: true,
    type: String,
    example: 'claude-console',
  })
  platform!: string | null;

  @ApiProperty({ description: 'How people call it.', nullable: true, type: String, example: 'console-primary' })
  name!: string | null;

  @ApiProperty({
    description: 'shared: it also serves the keys that are bound to nothing.',
    enum: ACCOUNT_TYPES,
    nullable: true,
    example: 'group',
  })
  accountType!: AccountType | null;

  @ApiProperty({ description: 'False: never used.', nullable: true, type: Boolean, example: true })
  isActive!: boolean | null;

  @ApiProperty({ description: 'Whether new requests may be sent to it.', nullable: true, type: Boolean, example: true })
  schedulable!: boolean | null;
}

export function toGroupMemberDto({ id, account }: GroupMember): Readonly<GroupMemberDto> {
  if (account === null) {
    return { id, platform: null, name: null, accountType: null, isActive: null, schedulable: null };
  }
  const { stored, state } = account;
  const { name, accountType, isActive, schedulable } = stored;
  return { id, platform: state.account.platform, name, accountType, isActive, schedulable };
}
