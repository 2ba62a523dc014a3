import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsObject, IsOptional, IsString, ValidateNested } from 'class-validator';
import { AsSent } from '../../core/http/tidy-text.js';
import { IsInstant } from '../../core/http/instant.validator.js';
import { MAX_TAG_LENGTH, MAX_TAGS } from '../api-key-tags.js';
import { PayloadRuleDto } from './payload-rule.dto.js';
import { IsServiceRates, MOST_RATE } from './service-rates.validator.js';
import { ChoiceField, CountField, FlagField, TextField, tidyNames } from './setting-field.js';

const MAX_DESCRIPTION_LENGTH = 500;
const MAX_ICON_LENGTH = 100_000;
const MAX_ACTIVATION_LENGTH = 36_500;
const MAX_RULES = 50;

/** What a key is called, how long it lives, and how its requests are treated. */
export class LifeSettingsDto {
  @TextField({ description: 'For the reader.', example: 'Build machines of the web team' }, MAX_DESCRIPTION_LENGTH)
  description?: string | null;

  @ApiPropertyOptional({
    description: `Words to find the key by: at most ${MAX_TAGS}, each of 1 to ${MAX_TAG_LENGTH} characters. Others that v1 left on a key may be written back.`,
    type: [String],
    nullable: true,
    default: [],
    example: ['team-a', 'ci'],
  })
  @IsOptional()
  @Transform(tidyNames)
  @IsString({ each: true, message: '$property must be a list of texts' })
  @IsArray({ message: '$property must be a list of texts' })
  tags?: string[] | null;

  @TextField({ description: 'Name of an icon, or a picture as base64.', example: '' }, MAX_ICON_LENGTH)
  icon?: string | null;

  @FlagField({ description: 'Whether the key works.', example: true }, true)
  isActive?: boolean | null;

  @ChoiceField(
    {
      description:
        '`fixed`: until expiresAt. `activation`: from the first use for activationDays; a use is a request that is relayed, so asking for the key itself (`GET /api/v1/me`, `/apiStats` and the like) does not begin it.',
      example: 'fixed',
    },
    ['fixed', 'activation'],
    'fixed',
  )
  expirationMode?: 'fixed' | 'activation' | null;

  @CountField(
    {
      description:
        'How long the key lives after its first use, in activationUnit; 0 = 30. Read at the first use: a later change does not move expiresAt.',
      example: 30,
    },
    { max: MAX_ACTIVATION_LENGTH },
  )
  activationDays?: number | null;

  @ChoiceField({ description: 'Unit of activationDays.', example: 'days' }, ['days', 'hours'], 'days')
  activationUnit?: 'days' | 'hours' | null;

  @ApiPropertyOptional({
    description: 'When the key ends (a date means midnight UTC); null = never.',
    type: String,
    format: 'date-time',
    nullable: true,
    default: null,
    example: '2030-01-31T00:00:00.000Z',
  })
  @IsOptional()
  @IsInstant()
  expiresAt?: string | null;

  @ApiPropertyOptional({
    description: 'Price multipliers of the key by service, over those of the gateway.',
    type: 'object',
    additionalProperties: { type: 'number', minimum: 0, maximum: MOST_RATE },
    nullable: true,
    default: {},
    example: { claude: 1.2 },
  })
  @IsOptional()
  @AsSent()
  @IsServiceRates()
  serviceRates?: Record<string, number> | null;

  @FlagField(
    {
      description:
        'Make Responses requests of clients other than Codex look like Codex’s: members that Codex upstreams refuse are ' +
        'taken out (`temperature`, `top_p`, `max_output_tokens`, `user`, `text_formatting`, `truncation`, `text`, ' +
        '`service_tier`, `prompt_cache_retention`, `safety_identifier`), a `gpt-5-...` that is no Codex model is asked for as ' +
        '`gpt-5`, and `instructions` are those of CODEX_INSTRUCTIONS_FILE, where it is set.',
      example: true,
    },
    true,
  )
  enableOpenAIResponsesCodexAdaptation?: boolean | null;

  @FlagField(
    { description: 'Whether openaiResponsesPayloadRules are applied to Responses requests.', example: false },
    false,
  )
  enableOpenAIResponsesPayloadRules?: boolean | null;

  @ApiPropertyOptional({
    description:
      'Changes to the body of each Responses request of the key, of any client, in this order and after the Codex ' +
      'adaptation. A rule that does not fit the request (a list or a scalar in its path) is skipped. Requests for chat ' +
      'completions are changed where they are translated to Responses for the upstream, but for `model` and `stream`.',
    type: [PayloadRuleDto],
    nullable: true,
    maxItems: MAX_RULES,
    default: [],
    example: [{ path: 'reasoning.effort', valueType: 'string', value: 'high' }],
  })
  @IsOptional()
  @Type(() => PayloadRuleDto)
  @ValidateNested({ each: true })
  @IsObject({ each: true, message: '$property must be a list of rules' })
  @ArrayMaxSize(MAX_RULES, { message: `$property may hold at most ${MAX_RULES} rules` })
  @IsArray({ message: '$property must be a list of rules' })
  openaiResponsesPayloadRules?: PayloadRuleDto[] | null;
}
