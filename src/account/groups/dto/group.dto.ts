import { ApiProperty } from '@nestjs/swagger';
import type { GroupEntry } from '../group.service.js';

const INSTANT = { nullable: true, type: String, format: 'date-time', example: '2026-11-23T04:05:16.176Z' } as const;

/** A group of accounts. */
export class GroupDto {
  @ApiProperty({
    description: 'Id of the group; a client key is bound to it by `group:{id}`.',
    format: 'uuid',
    example: '0b9f8f0e-5f0c-4f58-9a51-6a3c5b8f3f3d',
  })
  id!: string;

  @ApiProperty({ description: 'How people call it.', example: 'team-plans' })
  name!: string;

  @ApiProperty({
    description:
      'Whose accounts it can hold: claude or codex. Anything else (gemini, droid) was made by version 1 and is only shown.',
    example: 'claude',
  })
  platform!: string;

  @ApiProperty({ description: 'Free text.', example: 'The accounts of the team plans' })
  description!: string;

  @ApiProperty({ description: 'How many accounts are in it.', example: 3 })
  memberCount!: number;

  @ApiProperty({ description: 'When it was made.', ...INSTANT })
  createdAt!: string | null;

  @ApiProperty({ description: 'When its name or description was last changed.', ...INSTANT })
  updatedAt!: string | null;
}

export function toGroupDto({ group, family }: GroupEntry): Readonly<GroupDto> {
  return {
    id: group.id,
    name: group.name,
    platform: family?.service ?? group.storedPlatform,
    description: group.description,
    memberCount: group.memberCount,
    createdAt: group.createdAt?.toISOString() ?? null,
    updatedAt: group.updatedAt?.toISOString() ?? null,
  };
}
