import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { Transform, type TransformFnParams, Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsObject,
  ValidateBy,
  ValidateNested,
} from 'class-validator';
import { toRecordId } from '../../core/http/record-id.js';
import { MAX_TAG_LENGTH, MAX_TAGS } from '../api-key-tags.js';
import { IsAddressableTag, NamesField } from './setting-field.js';
import { UpdateApiKeyDto } from './update-api-key.dto.js';

const MAX_KEYS = 500;
/** v1 knows no bounds. */
const MAX_REMOVED_TAG_LENGTH = 1000;

/** Ids as records are keyed by them; what can be no id is left for the validation to refuse. */
function toRecordIds({ value }: Pick<TransformFnParams, 'value'>): unknown {
  const given: unknown = value;
  return Array.isArray(given)
    ? given.map((item: unknown) => (typeof item === 'string' ? item.toLowerCase() : item))
    : given;
}

/** The first fault is told: the type stands last. */
const IdsField = (): PropertyDecorator =>
  applyDecorators(
    ApiProperty({
      description: 'The ids of the keys, each once.',
      type: [String],
      format: 'uuid',
      minItems: 1,
      maxItems: MAX_KEYS,
      example: ['80cac638-f623-4bed-ac85-8a1a69d6525d'],
    }),
    Transform(toRecordIds),
    IsArray({ message: '$property must be a list of ids' }),
    ArrayMinSize(1, { message: '$property must hold at least one id' }),
    ArrayMaxSize(MAX_KEYS, { message: `$property may hold at most ${MAX_KEYS} ids` }),
    IsRecordId(),
    ArrayUnique({ message: '$property must hold each id once' }),
  );

const IsRecordId = (): PropertyDecorator =>
  ValidateBy(
    {
      name: 'isRecordId',
      validator: {
        validate: (value) => typeof value === 'string' && toRecordId(value) !== null,
        defaultMessage: () => '$property must be a list of ids (UUIDs)',
      },
    },
    { each: true },
  );

/** What becomes of each key: as for one key, and tags that are added or taken away. */
export class BatchChangesDto extends UpdateApiKeyDto {
  @NamesField(
    { description: 'Tags that each key gets beside those that it has. Not together with tags.', example: ['ci'] },
    { items: MAX_TAGS, length: MAX_TAG_LENGTH },
  )
  @IsAddressableTag(true)
  addTags?: string[] | null;

  @NamesField(
    { description: 'Tags that each key loses. Not together with tags.', example: ['team-a'] },
    { items: MAX_TAGS, length: MAX_REMOVED_TAG_LENGTH },
  )
  removeTags?: string[] | null;
}

/** Some keys, by their ids. */
export class BatchDeleteApiKeysDto {
  @IdsField()
  ids!: string[];
}

/** A change of some keys. */
export class BatchUpdateApiKeysDto extends BatchDeleteApiKeysDto {
  @ApiProperty({ description: 'The fields to change on each key; null = back to the default.', type: BatchChangesDto })
  @Type(() => BatchChangesDto)
  @ValidateNested()
  @IsObject({ message: '$property must be an object of fields' })
  changes!: BatchChangesDto;
}
