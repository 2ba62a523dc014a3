import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, type TransformFnParams } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsIn, IsOptional, IsString } from 'class-validator';
import { AccountField, ChoiceField, FlagField, GroupField, NamesField, tidyNames } from './setting-field.js';

const MAX_PERMISSIONS = 10;
/** The short forms: a text instead of a list. */
const PERMISSION_TEXTS: Readonly<Record<string, readonly string[]>> = { all: [], claude: ['claude'], codex: ['codex'] };
const CLIENTS = ['claude_code', 'codex_cli', 'gemini_cli', 'droid_cli'];

function toPermissionList({ value }: Pick<TransformFnParams, 'value'>): unknown {
  const given: unknown = value;
  if (typeof given === 'string' && Object.hasOwn(PERMISSION_TEXTS, given)) return PERMISSION_TEXTS[given];
  return tidyNames({ value: given });
}

/** What a key may use. Bare decorators are applied from the bottom up and the first fault is told: the type stands last. */
export class AccessSettingsDto {
  @ApiPropertyOptional({
    description:
      'Services that the key may use; an empty list = all. The texts `all`, `claude` and `codex` are accepted. Other names that v1 left in a record may be written back.',
    type: [String],
    nullable: true,
    maxItems: MAX_PERMISSIONS,
    default: [],
    example: ['claude', 'codex'],
  })
  @IsOptional()
  @Transform(toPermissionList)
  @IsString({ each: true, message: '$property must be a list of texts' })
  @ArrayMaxSize(MAX_PERMISSIONS, { message: `$property may hold at most ${MAX_PERMISSIONS} items` })
  @IsArray({ message: '$property must be a list of claude and codex, or one of the texts all, claude, codex' })
  permissions?: string[] | null;

  @FlagField({ description: 'Whether restrictedModels applies.', example: true }, false)
  enableModelRestriction?: boolean | null;

  @NamesField(
    {
      description:
        'The models of the restriction, compared exactly. An empty list allows nothing in mode `allow` and everything in mode `deny`.',
      example: ['claude-sonnet-4-5-20250929'],
    },
    { items: 200, length: 200 },
  )
  restrictedModels?: string[] | null;

  @ChoiceField(
    {
      description:
        '`allow`: only the listed models, `deny`: all but the listed. Keys made by v1 deny. v1 cannot express an allow list: to a v1 on the same database such a key looks unrestricted.',
      example: 'allow',
    },
    ['allow', 'deny'],
    'allow',
  )
  modelRestrictionMode?: 'allow' | 'deny' | null;

  @FlagField({ description: 'Whether only the allowedClients may use the key.', example: false }, false)
  enableClientRestriction?: boolean | null;

  @NamesField(
    { description: `Clients that may use the key: ${CLIENTS.join(', ')}.`, example: ['claude_code'] },
    {
      items: CLIENTS.length,
      length: 20,
    },
  )
  @IsIn(CLIENTS, { each: true, message: `each item of $property must be one of: ${CLIENTS.join(', ')}` })
  allowedClients?: string[] | null;

  @GroupField({
    description: 'The group of Claude accounts that serves the key. Ends a binding to a single account.',
    example: 'group:0f8fad5b-d9cb-469f-a165-70867728950e',
  })
  claudeAccountId?: string | null;

  @AccountField({
    description:
      'The claude-console account that alone serves the key, or `group:{id}`, which is answered in claudeAccountId. Null ends every Claude binding.',
    example: '7c9e6679-7425-40de-944b-e07fc1f90ae7',
  })
  claudeConsoleAccountId?: string | null;

  @AccountField({
    description: 'The codex account that alone serves the key, or `group:{id}`.',
    example: '7c9e6679-7425-40de-944b-e07fc1f90ae8',
  })
  codexAccountId?: string | null;

  @FlagField(
    {
      description:
        'Whether the pool serves the key when its bound account cannot; null = as DEDICATED_ACCOUNT_FALLBACK says.',
      example: null,
    },
    null,
  )
  dedicatedAccountFallback?: boolean | null;
}
