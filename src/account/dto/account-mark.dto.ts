import { ApiProperty } from '@nestjs/swagger';
import type { AccountMarks, CoolDown } from '../account-state.js';
import { shareAfter } from '../recovery-ramp.js';
import { coolDownReason, UNAVAILABLE_REASONS, type UnavailableReason } from '../availability.js';

const MARK_TYPES = [
  'cool_down',
  'reset',
  'model_missing',
  'model_limited',
  'endpoint_missing',
  'endpoint_limited',
  'v1_stop',
  'recovering',
] as const;

/** Something that keeps an account out of use for a while, or in use for less. */
export class AccountMarkDto {
  @ApiProperty({
    description:
      'cool_down: after a failure. reset: the upstream named a later reset. model_missing, endpoint_missing: the upstream does not have it. model_limited: it is over its rate for this model only. endpoint_limited: this endpoint alone failed or is over its rate. v1_stop: version 1 stopped the account. recovering: what kept it out has ended; it has few requests at a time at first, twice as many with each one that it serves.',
    enum: MARK_TYPES,
    example: 'cool_down',
  })
  type!: (typeof MARK_TYPES)[number];

  @ApiProperty({
    description: 'The code under which it counts in availability; null while recovering: the account is available.',
    enum: UNAVAILABLE_REASONS,
    nullable: true,
    example: 'cooling_down',
  })
  reason!: UnavailableReason | null;

  @ApiProperty({
    description:
      'What failed (of a cool-down), which model or endpoint it is about, or the requests that it has at the same time (recovering); null for the others.',
    nullable: true,
    type: String,
    example: 'overload',
  })
  name!: string | null;

  @ApiProperty({
    description: 'The status that the upstream answered with; null = none.',
    nullable: true,
    type: Number,
    example: 529,
  })
  statusCode!: number | null;

  @ApiProperty({ description: 'When it ends.', format: 'date-time', example: '2030-01-31T12:10:00.000Z' })
  until!: string;
}

export function toAccountMarkDtos(marks: AccountMarks): readonly Readonly<AccountMarkDto>[] {
  const { coolDown, resetAt, recovery } = marks;
  const isOut = coolDown !== null || resetAt !== null;
  return [
    ...(coolDown === null ? [] : [coolDownDto(coolDown)]),
    ...(resetAt === null ? [] : [markDto('reset', 'rate_limited', resetAt)]),
    ...[...marks.missingModels].map(([name, until]) => markDto('model_missing', 'model', until, name)),
    ...[...marks.limitedModels].map(([name, until]) => markDto('model_limited', 'rate_limited', until, name)),
    ...[...marks.missingEndpoints].map(([name, until]) => markDto('endpoint_missing', 'cooling_down', until, name)),
    ...[...marks.limitedEndpoints].map(([name, until]) => markDto('endpoint_limited', 'cooling_down', until, name)),
    ...marks.v1Stops.map(({ reason, until }) => markDto('v1_stop', reason, until)),
    ...(recovery === null || isOut
      ? []
      : [markDto('recovering', null, recovery.until, String(shareAfter(recovery.served)))]),
  ];
}

function coolDownDto({ type, statusCode, until }: CoolDown): Readonly<AccountMarkDto> {
  return {
    ...markDto('cool_down', coolDownReason(type), until, type),
    statusCode: statusCode === 0 ? null : statusCode,
  };
}

function markDto(
  type: AccountMarkDto['type'],
  reason: UnavailableReason | null,
  until: Date,
  name: string | null = null,
): Readonly<AccountMarkDto> {
  return { type, reason, name, statusCode: null, until: until.toISOString() };
}
