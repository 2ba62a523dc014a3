import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsIn, IsOptional, Matches } from 'class-validator';
import { TextLength } from '../../core/http/text-length.validator.js';
import { tidyText } from '../../core/http/tidy-text.js';
import { SESSION_ID } from '../../scheduler/session-hash.js';
import { ENDPOINT_NAMES, type ImaginedRequest } from './explain.service.js';

const OptionalText = (
  docs: { readonly description: string; readonly example: string },
  maxLength: number,
): PropertyDecorator =>
  applyDecorators(
    ApiPropertyOptional({ ...docs, type: String, minLength: 1, maxLength }),
    Transform(tidyText),
    IsOptional(),
    TextLength(1, maxLength),
  );

/** A request that nobody sends: which key, and what it would ask for. */
export class ExplainInputDto {
  @OptionalText(
    {
      description: 'The secret of the key. Send either this or `keyId`. It is neither stored nor logged.',
      example: `cr_${'0123456789abcdef'.repeat(4)}`,
    },
    512,
  )
  key?: string | null;

  @OptionalText(
    { description: 'The id of the key. Send either this or `key`.', example: '80cac638-f623-4bed-ac85-8a1a69d6525d' },
    100,
  )
  keyId?: string | null;

  @OptionalText(
    {
      description:
        'Look at the accounts of this platform only, even if no route relays to them. Absent: at all that a request of the key may reach on the endpoint.',
      example: 'claude-console',
    },
    100,
  )
  platform?: string | null;

  @ApiProperty({
    description:
      'The model that the client would ask for, as it is after the changes that options of the key make to it.',
    minLength: 1,
    maxLength: 200,
    example: 'claude-opus-5-5',
  })
  @Transform(tidyText)
  @TextLength(1, 200)
  model!: string;

  @ApiPropertyOptional({
    description:
      'What the client would send as `x-claude-code-session-id` (Claude Code) or `session-id` (Codex). Absent: a request without a session.',
    type: String,
    maxLength: 200,
    example: '0f8fad5b-d9cb-469f-a165-70867728950e',
  })
  @Transform(tidyText)
  @IsOptional()
  @Matches(SESSION_ID, { message: '$property must be a text of 1 to 200 visible characters' })
  session?: string | null;

  @ApiPropertyOptional({
    description:
      'What would be asked for. `count_tokens` takes no slots. Absent: `messages`, or `responses` where `platform` is one of that protocol.',
    enum: ENDPOINT_NAMES,
    example: ENDPOINT_NAMES[0],
  })
  @IsOptional()
  @IsIn(ENDPOINT_NAMES, { message: `$property must be one of: ${ENDPOINT_NAMES.join(', ')}` })
  endpoint?: string | null;
}

export const toImaginedRequest = (dto: ExplainInputDto): ImaginedRequest => ({
  key: dto.key ?? null,
  keyId: dto.keyId ?? null,
  platform: dto.platform ?? null,
  model: dto.model,
  session: dto.session ?? null,
  endpoint: dto.endpoint ?? null,
});
