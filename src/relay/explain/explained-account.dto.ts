import { ApiProperty } from '@nestjs/swagger';
import { UNAVAILABLE_REASONS, type UnavailableReason } from '../../account/availability.js';
import { type AccountExplanation, type Verdict, VERDICTS } from '../../scheduler/explain/explanation.js';

const EXAMPLE_INSTANT = '2030-01-31T12:10:00.000Z';
const instant = (description: string) => ({
  description,
  type: String,
  format: 'date-time',
  nullable: true,
  example: EXAMPLE_INSTANT,
});

/** The requests that an account has at the same time, over all instances. */
class SlotUseDto {
  @ApiProperty({
    description: '`maxConcurrentTasks` of the account; null = it has no limit of its own.',
    type: 'integer',
    nullable: true,
    example: 5,
  })
  limit!: number | null;

  @ApiProperty({ description: 'Slots that are taken now.', type: 'integer', example: 2 })
  inUse!: number;

  @ApiProperty({
    description:
      'What the account may have while it recovers, as long as others can take requests; null = it is not recovering.',
    type: 'integer',
    nullable: true,
    example: null,
  })
  share!: number | null;
}

/** What an account may spend in its quota day. */
class QuotaUseDto {
  @ApiProperty({ description: '`dailyQuota` of the account, in USD.', example: 25 })
  limitUsd!: number;

  @ApiProperty({ description: 'Spent since the quota day began, in USD.', example: 3.25 })
  spentUsd!: number;

  @ApiProperty({ description: 'What is left, in USD; never below 0.', example: 21.75 })
  leftUsd!: number;

  @ApiProperty(instant('When the quota day ends.'))
  resetsAt!: string | null;
}

class AccountLimitsDto {
  @ApiProperty({
    description: 'Requests at the same time; null = as many as ever.',
    type: SlotUseDto,
    nullable: true,
  })
  slots!: Readonly<SlotUseDto> | null;

  @ApiProperty({ description: 'The daily quota; null = there is none.', type: QuotaUseDto, nullable: true })
  dailyQuota!: Readonly<QuotaUseDto> | null;
}

/** How one account stands with the request. */
export class ExplainedAccountDto {
  @ApiProperty({ description: 'The id of the account.', example: '6f9619ff-8b86-4d01-b42d-00cf4fc964ff' })
  id!: string;

  @ApiProperty({ description: 'Its name.', example: 'console one' })
  name!: string;

  @ApiProperty({ description: 'Its platform.', example: 'claude-console' })
  platform!: string;

  @ApiProperty({
    description:
      'How it serves the key: as an account that the key is bound to, or as one of the shared pool; null = not at all.',
    enum: ['bound', 'pool'],
    type: String,
    nullable: true,
    example: 'pool',
  })
  tier!: 'bound' | 'pool' | null;

  @ApiProperty({
    description:
      '`chosen`: the next such request gets it. `kept`: it is asked when those before it fail. `rejected`: it is not asked.',
    enum: VERDICTS,
    example: 'chosen',
  })
  verdict!: Verdict;

  @ApiProperty({
    description: 'Its place among the accounts that are asked one after the other, 1 = first; null = it is not asked.',
    type: 'integer',
    nullable: true,
    example: 1,
  })
  order!: number | null;

  @ApiProperty({
    description: 'Everything for which it is rejected; empty when it is not.',
    enum: UNAVAILABLE_REASONS,
    isArray: true,
    example: [],
  })
  reasons!: readonly UnavailableReason[];

  @ApiProperty(
    instant('When its marks about this request have ended, whatever else holds it back; null = it has none.'),
  )
  coolDownUntil!: string | null;

  @ApiProperty({
    description: 'The whole seconds until then, rounded up.',
    type: 'integer',
    nullable: true,
    example: 28,
  })
  coolDownLeftSeconds!: number | null;

  @ApiProperty(
    instant('When all reasons have ended by themselves; null = there is none, or one that does not, or a full slot.'),
  )
  availableAt!: string | null;

  @ApiProperty({ description: 'The session is mapped to it.', example: false })
  sticky!: boolean;

  @ApiProperty({
    description: 'What kept it out of use has ended lately, and it gets its share only (`limits.slots.share`).',
    example: false,
  })
  recovering!: boolean;

  @ApiProperty({ description: 'What it has left.', type: AccountLimitsDto })
  limits!: Readonly<AccountLimitsDto>;
}

const toIso = (at: Date | null): string | null => at?.toISOString() ?? null;

export function toExplainedAccountDto(explained: AccountExplanation): Readonly<ExplainedAccountDto> {
  const { state, slots, dailyQuota, coolDownUntil, availableAt } = explained;
  const { id, name, platform } = state.account;
  const { tier, verdict, order, reasons, coolDownLeftSeconds, sticky, recovering } = explained;
  return {
    id,
    name,
    platform,
    tier,
    verdict,
    order,
    reasons,
    coolDownUntil: toIso(coolDownUntil),
    coolDownLeftSeconds,
    availableAt: toIso(availableAt),
    sticky,
    recovering,
    limits: { slots, dailyQuota: dailyQuota && { ...dailyQuota, resetsAt: toIso(dailyQuota.resetsAt) } },
  };
}
