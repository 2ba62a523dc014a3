import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';
import type { PayloadRule } from '@crs/extension-api';
import { PayloadRuleDto } from './payload-rule.dto.js';

const NO_INSTANT = { type: String, format: 'date-time', nullable: true, example: null } as const;

const limitDocs = (limit: string, type: 'integer' | NumberConstructor, example: number): ApiPropertyOptions => ({
  description: `${limit}.`,
  type,
  minimum: 0,
  example,
});

/** A client key as the admin API shows it. Its secret and the hash of it are not in here. */
export class ApiKeyDto {
  @ApiProperty({
    description: 'The id, which stays; the secret does not tell it.',
    type: String,
    format: 'uuid',
    example: '80cac638-f623-4bed-ac85-8a1a69d6525d',
  })
  id!: string;

  @ApiProperty({ description: 'The name.', type: String, example: 'web-team' })
  name!: string;

  @ApiProperty({ description: 'For the reader.', type: String, example: 'Build machines of the web team' })
  description!: string;

  @ApiProperty({ description: 'Words to find the key by.', type: [String], example: ['team-a', 'ci'] })
  tags!: readonly string[];

  @ApiProperty({ description: 'Name of an icon, or a picture as base64.', type: String, example: '' })
  icon!: string;

  @ApiProperty({
    description: 'Whether the key works, as far as the administrator is concerned.',
    type: Boolean,
    example: true,
  })
  isActive!: boolean;

  @ApiProperty({
    description: 'Services that the key may use; empty = all.',
    type: [String],
    example: ['claude', 'codex'],
  })
  permissions!: readonly string[];

  @ApiProperty(limitDocs('Tokens per rate window; 0 = none', 'integer', 0))
  tokenLimit!: number;

  @ApiProperty(limitDocs('Requests at the same time; 0 = none', 'integer', 5))
  concurrencyLimit!: number;

  @ApiProperty(limitDocs('Length of the rate window in minutes; 0 = no limits per window', 'integer', 300))
  rateLimitWindow!: number;

  @ApiProperty(limitDocs('Requests per rate window; 0 = none', 'integer', 200))
  rateLimitRequests!: number;

  @ApiProperty(limitDocs('Cost per rate window in USD; 0 = none', Number, 2.5))
  rateLimitCost!: number;

  @ApiProperty(limitDocs('Cost per day in USD; 0 = none', Number, 20))
  dailyCostLimit!: number;

  @ApiProperty(limitDocs('Cost in all in USD; 0 = none', Number, 500))
  totalCostLimit!: number;

  @ApiProperty(limitDocs('Cost of Claude models per reset week in USD; 0 = none', Number, 50))
  weeklyOpusCostLimit!: number;

  @ApiProperty({
    description: 'Day on which the reset week begins: 1 = Monday to 7 = Sunday.',
    type: 'integer',
    minimum: 1,
    maximum: 7,
    example: 1,
  })
  weeklyResetDay!: number;

  @ApiProperty({
    description: 'Hour at which the reset week begins, in the configured zone.',
    type: 'integer',
    minimum: 0,
    maximum: 23,
    example: 0,
  })
  weeklyResetHour!: number;

  @ApiProperty({ description: 'Whether restrictedModels applies.', type: Boolean, example: false })
  enableModelRestriction!: boolean;

  @ApiProperty({ description: 'The models of the restriction.', type: [String], example: [] })
  restrictedModels!: readonly string[];

  @ApiProperty({
    description: '`allow`: only the listed models, `deny`: all but the listed.',
    enum: ['allow', 'deny'],
    example: 'allow',
  })
  modelRestrictionMode!: 'allow' | 'deny';

  @ApiProperty({ description: 'Whether only the allowedClients may use the key.', type: Boolean, example: false })
  enableClientRestriction!: boolean;

  @ApiProperty({ description: 'Clients that may use the key.', type: [String], example: ['claude_code'] })
  allowedClients!: readonly string[];

  @ApiProperty({
    description:
      '`group:{id}` of the Claude accounts that serve the key; the id of an official account where v1 left one, which is not served here.',
    type: String,
    nullable: true,
    example: null,
  })
  claudeAccountId!: string | null;

  @ApiProperty({
    description: 'The claude-console account that alone serves the key.',
    type: String,
    nullable: true,
    example: '7c9e6679-7425-40de-944b-e07fc1f90ae7',
  })
  claudeConsoleAccountId!: string | null;

  @ApiProperty({
    description: 'The codex account that alone serves the key, or `group:{id}`.',
    type: String,
    nullable: true,
    example: null,
  })
  codexAccountId!: string | null;

  @ApiProperty({
    description:
      'Whether the pool serves the key when its bound account cannot; null = as DEDICATED_ACCOUNT_FALLBACK says.',
    type: Boolean,
    nullable: true,
    example: null,
  })
  dedicatedAccountFallback!: boolean | null;

  @ApiProperty({
    description:
      "v1's OpenAI binding as it is stored: `responses:{id}` is codexAccountId, a bare id an account that is not served here.",
    type: String,
    nullable: true,
    example: null,
  })
  openaiAccountId!: string | null;

  @ApiProperty({ description: 'Kept for v1; not served here.', type: String, nullable: true, example: null })
  geminiAccountId!: string | null;

  @ApiProperty({ description: 'Kept for v1; not served here.', type: String, nullable: true, example: null })
  azureOpenaiAccountId!: string | null;

  @ApiProperty({ description: 'Kept for v1; not served here.', type: String, nullable: true, example: null })
  bedrockAccountId!: string | null;

  @ApiProperty({ description: 'Kept for v1; not served here.', type: String, nullable: true, example: null })
  droidAccountId!: string | null;

  @ApiProperty({
    description: '`fixed`: until expiresAt. `activation`: from the first relayed request for activationDays.',
    enum: ['fixed', 'activation'],
    example: 'fixed',
  })
  expirationMode!: 'fixed' | 'activation';

  @ApiProperty({
    description:
      'How long the key lives after its first use, in activationUnit; 0 = 30. A change after that use does not move expiresAt.',
    type: 'integer',
    minimum: 0,
    example: 0,
  })
  activationDays!: number;

  @ApiProperty({ description: 'Unit of activationDays.', enum: ['days', 'hours'], example: 'days' })
  activationUnit!: 'days' | 'hours';

  @ApiProperty({ description: 'Whether the life of the key has begun.', type: Boolean, example: true })
  isActivated!: boolean;

  @ApiProperty({
    description: 'When it began.',
    type: String,
    format: 'date-time',
    nullable: true,
    example: '2026-11-23T04:05:00.344Z',
  })
  activatedAt!: string | null;

  @ApiProperty({
    description: 'When the key ends; null = never, or not known before the first use.',
    ...NO_INSTANT,
  })
  expiresAt!: string | null;

  @ApiProperty({
    description: 'Price multipliers of the key by service.',
    type: 'object',
    additionalProperties: { type: 'number' },
    example: { claude: 1.2 },
  })
  serviceRates!: Readonly<Record<string, number>>;

  @ApiProperty({
    description:
      'Make Responses requests of clients other than Codex look like Codex’s: members that Codex upstreams refuse are ' +
      'taken out (`temperature`, `top_p`, `max_output_tokens`, `user`, `text_formatting`, `truncation`, `text`, ' +
      '`service_tier`, `prompt_cache_retention`, `safety_identifier`), a `gpt-5-...` that is no Codex model is asked for as ' +
      '`gpt-5`, and `instructions` are those of CODEX_INSTRUCTIONS_FILE, where it is set.',
    type: Boolean,
    example: true,
  })
  enableOpenAIResponsesCodexAdaptation!: boolean;

  @ApiProperty({
    description: 'Whether openaiResponsesPayloadRules are applied to Responses requests.',
    type: Boolean,
    example: false,
  })
  enableOpenAIResponsesPayloadRules!: boolean;

  @ApiProperty({
    description:
      'Changes to the body of each Responses request of the key, of any client, in this order and after the Codex ' +
      'adaptation. A rule that does not fit the request (a list or a scalar in its path) is skipped. Requests for chat ' +
      'completions are changed where they are translated to Responses for the upstream, but for `model` and `stream`.',
    type: [PayloadRuleDto],
    example: [],
  })
  openaiResponsesPayloadRules!: readonly PayloadRule[];

  @ApiProperty({
    description: 'When the key was made.',
    type: String,
    format: 'date-time',
    nullable: true,
    example: '2026-11-23T04:05:00.344Z',
  })
  createdAt!: string | null;

  @ApiProperty({ description: 'Who made it: `admin`, or the name of a portal user.', type: String, example: 'admin' })
  createdBy!: string;

  @ApiProperty({
    description: 'When an administrator last changed it.',
    ...NO_INSTANT,
  })
  updatedAt!: string | null;

  @ApiProperty({
    description: 'When usage was last booked on it.',
    ...NO_INSTANT,
  })
  lastUsedAt!: string | null;

  @ApiProperty({ description: 'The portal user who owns it.', type: String, nullable: true, example: null })
  userId!: string | null;

  @ApiProperty({ description: 'The name of that user.', type: String, nullable: true, example: null })
  userUsername!: string | null;

  @ApiProperty({ description: 'Whether it is deleted, which can be undone.', type: Boolean, example: false })
  isDeleted!: boolean;

  @ApiProperty({
    description: 'When it was deleted.',
    ...NO_INSTANT,
  })
  deletedAt!: string | null;

  @ApiProperty({ description: 'Who deleted it.', type: String, nullable: true, example: null })
  deletedBy!: string | null;

  @ApiProperty({
    description: 'What that was: `admin`, `user` or `system`.',
    type: String,
    nullable: true,
    example: null,
  })
  deletedByType!: string | null;

  @ApiProperty({
    description: 'When it was last restored.',
    ...NO_INSTANT,
  })
  restoredAt!: string | null;

  @ApiProperty({ description: 'Who restored it.', type: String, nullable: true, example: null })
  restoredBy!: string | null;

  @ApiProperty({ description: 'What that was.', type: String, nullable: true, example: null })
  restoredByType!: string | null;
}
