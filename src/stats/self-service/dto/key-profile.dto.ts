import { ApiProperty, IntersectionType } from '@nestjs/swagger';
import { type CostedUsage, toCostedUsage, toProfileLimits, toV1Permissions } from '../key-profile.js';
import type { FoundKey } from '../key-lookup.service.js';
import { ProfileLimitsDto } from './profile-limits.dto.js';
import { UsageClassDto } from './usage-class.dto.js';

const date = (description: string): PropertyDecorator =>
  ApiProperty({ description, example: '2026-11-23T04:05:00.344Z', type: String, format: 'date-time', nullable: true });

const binding = (description: string): PropertyDecorator =>
  ApiProperty({ description, example: null, type: String, nullable: true });

/** The id of a key. */
export class KeyIdDto {
  @ApiProperty({ description: 'Id of the key.', example: '80cac638-f623-4bed-ac85-8a1a69d6525d' })
  id!: string;
}

class CostDto {
  @ApiProperty({ description: 'Rated cost in USD: what counts against the limits.', example: 0.02135055 })
  cost!: number;

  @ApiProperty({ description: 'The cost for people.', example: '$0.0214' })
  formattedCost!: string;
}

/** What was used in a period, and what it cost. */
export class CostedUsageDto extends IntersectionType(UsageClassDto, CostDto) implements CostedUsage {}

class ProfileUsageDto {
  @ApiProperty({ description: 'Since the beginning.', type: CostedUsageDto })
  total!: Readonly<CostedUsageDto>;
}

/** The accounts that a key is bound to, as they are stored; null = not bound. */
class ProfileAccountsDto {
  @binding('Claude account, or `group:` and the id of a group.')
  claudeAccountId!: string | null;

  @binding('Claude Console account.')
  claudeConsoleAccountId!: string | null;

  @binding('Codex account: its id, `responses:` and its id, or `group:` and the id of a group.')
  openaiAccountId!: string | null;

  @binding('Not served here; kept for v1.')
  geminiAccountId!: string | null;

  @binding('Not served here; kept for v1.')
  azureOpenaiAccountId!: string | null;

  @binding('Not served here; kept for v1.')
  bedrockAccountId!: string | null;

  @binding('Not served here; kept for v1.')
  droidAccountId!: string | null;
}

class ProfileRestrictionsDto {
  @ApiProperty({ description: 'Whether models are restricted.', example: false })
  enableModelRestriction!: boolean;

  @ApiProperty({ description: 'The listed models.', type: [String], example: [] })
  restrictedModels!: readonly string[];

  @ApiProperty({ description: '`deny`: all but those listed; `allow`: those listed.', enum: ['allow', 'deny'] })
  modelRestrictionMode!: 'allow' | 'deny';

  @ApiProperty({ description: 'Whether clients are restricted.', example: false })
  enableClientRestriction!: boolean;

  @ApiProperty({ description: 'Clients that may use the key.', type: [String], example: [] })
  allowedClients!: readonly string[];
}

/** A key, for whoever holds it. */
export class KeyProfileDto extends KeyIdDto {
  @ApiProperty({ description: 'Its name.', example: 'team a' })
  name!: string;

  @ApiProperty({ description: 'What it is for.', example: '' })
  description!: string;

  @ApiProperty({ description: 'Always true: nothing is told of others.', example: true })
  isActive!: boolean;

  @date('When it was created; null when nobody noted it.')
  createdAt!: string | null;

  @date('When it expires; null = never, or its life has not begun.')
  expiresAt!: string | null;

  @ApiProperty({ description: '`activation`: its life begins with its first use.', enum: ['fixed', 'activation'] })
  expirationMode!: 'fixed' | 'activation';

  @ApiProperty({ description: 'Whether its life has begun.', example: true })
  isActivated!: boolean;

  @ApiProperty({ description: 'Length of that life; 0 = 30.', example: 0 })
  activationDays!: number;

  @ApiProperty({ description: 'Unit of that length.', enum: ['days', 'hours'], example: 'days' })
  activationUnit!: 'days' | 'hours';

  @date('When its life began.')
  activatedAt!: string | null;

  @ApiProperty({
    description: "Services that it may use, by v1's names (`openai` is Codex); empty = all.",
    type: [String],
    example: ['claude'],
  })
  permissions!: readonly string[];

  @ApiProperty({ description: 'What it used.', type: ProfileUsageDto })
  usage!: Readonly<ProfileUsageDto>;

  @ApiProperty({ description: 'Its limits and how far they are used.', type: ProfileLimitsDto })
  limits!: Readonly<ProfileLimitsDto>;

  @ApiProperty({ description: 'What it is bound to.', type: ProfileAccountsDto })
  accounts!: Readonly<ProfileAccountsDto>;

  @ApiProperty({ description: 'What it may not do.', type: ProfileRestrictionsDto })
  restrictions!: Readonly<ProfileRestrictionsDto>;

  @ApiProperty({
    description: 'Its own price multipliers by service; missing = 1.',
    type: Object,
    example: { claude: 1.5 },
  })
  serviceRates!: Readonly<Record<string, number>>;
}

export const toKeyProfileDto = ({ key, totals, atMs }: FoundKey): Readonly<KeyProfileDto> => ({
  id: key.id,
  name: key.name,
  description: key.description,
  isActive: key.isActive,
  createdAt: textOf(key.createdAt),
  expiresAt: textOf(key.expiresAt),
  expirationMode: key.expirationMode,
  isActivated: key.isActivated,
  activationDays: key.activationDays,
  activationUnit: key.activationUnit,
  activatedAt: textOf(key.activatedAt),
  permissions: toV1Permissions(key.permissions),
  usage: { total: toCostedUsage(totals.total) },
  limits: toProfileLimits(key, totals, atMs),
  accounts: toAccountsDto(key.bindings),
  restrictions: {
    enableModelRestriction: key.enableModelRestriction,
    restrictedModels: key.restrictedModels,
    modelRestrictionMode: key.modelRestrictionMode,
    enableClientRestriction: key.enableClientRestriction,
    allowedClients: key.allowedClients,
  },
  serviceRates: key.serviceRates,
});

const toAccountsDto = (bindings: Readonly<Record<string, string>>): Readonly<ProfileAccountsDto> => ({
  claudeAccountId: bindings['claudeAccountId'] ?? null,
  claudeConsoleAccountId: bindings['claudeConsoleAccountId'] ?? null,
  openaiAccountId: bindings['openaiAccountId'] ?? null,
  geminiAccountId: bindings['geminiAccountId'] ?? null,
  azureOpenaiAccountId: bindings['azureOpenaiAccountId'] ?? null,
  bedrockAccountId: bindings['bedrockAccountId'] ?? null,
  droidAccountId: bindings['droidAccountId'] ?? null,
});

const textOf = (at: Date | null): string | null => at?.toISOString() ?? null;
