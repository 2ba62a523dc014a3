import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, type TransformFnParams } from 'class-transformer';
import { IsOptional, Matches } from 'class-validator';
import { CHECKS, type Check, type Difference, type ReadValue } from './difference.js';
import type { DoctorReport } from './usage-doctor.js';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

const lowerCase = ({ value }: Pick<TransformFnParams, 'value'>): unknown =>
  typeof value === 'string' ? value.toLowerCase() : value;

const NO_DAY = '$property must be a day, YYYY-MM-DD';

/** Which books are compared. */
export class DoctorQueryDto {
  @ApiPropertyOptional({
    description: 'The first day, `YYYY-MM-DD` in the configured zone. Without it: 31 days up to the last.',
    example: '2026-11-01',
  })
  @IsOptional()
  @Matches(DAY, { message: NO_DAY })
  from?: string;

  @ApiPropertyOptional({ description: 'The last day, included. Without it: today.', example: '2026-11-30' })
  @IsOptional()
  @Matches(DAY, { message: NO_DAY })
  to?: string;

  @ApiPropertyOptional({
    description: 'Only this key. Without it: all keys, the accounts, and what they add up to.',
    example: '30144e38-6515-4949-a4b8-0e3db27a30f2',
  })
  @IsOptional()
  @Transform(lowerCase)
  @Matches(UUID, { message: '$property must be an id' })
  keyId?: string;
}

class ReadValueDto implements ReadValue {
  @ApiProperty({
    description: 'The key of the store, and its field where it has several; `*` for several keys that were summed.',
    example: 'usage:daily:30144e38-6515-4949-a4b8-0e3db27a30f2:2026-11-23',
  })
  source!: string;

  @ApiProperty({
    description: 'What stands there, costs in USD; null when it is no number.',
    example: 128,
    type: Number,
    nullable: true,
  })
  value!: number | null;
}

/** Two places of the books that do not agree. */
class DifferenceDto implements Difference {
  @ApiProperty({ description: 'What was compared with what.', enum: CHECKS, example: 'models' })
  check!: Check;

  @ApiProperty({
    description: 'The key; null when the difference is not about one.',
    example: '30144e38-6515-4949-a4b8-0e3db27a30f2',
    type: String,
    nullable: true,
  })
  keyId!: string | null;

  @ApiProperty({ description: 'Name of the key, if it has one.', example: 'alice', type: String, nullable: true })
  keyName!: string | null;

  @ApiProperty({
    description: 'The account; null when the difference is not about one.',
    example: '799e2112-a6d8-4c77-9f9f-c408f3d18922',
    type: String,
    nullable: true,
  })
  accountId!: string | null;

  @ApiProperty({
    description: 'The model; null when the difference is not about one.',
    example: 'claude-sonnet-4-5-20250929',
    type: String,
    nullable: true,
  })
  model!: string | null;

  @ApiProperty({ description: 'The day or month, or `total`.', example: '2026-11-23' })
  period!: string;

  @ApiProperty({
    description: 'The figure that differs; of a record that is there twice, its request id.',
    example: 'requests',
  })
  figure!: string;

  @ApiProperty({ description: 'What one place says.', type: ReadValueDto })
  left!: ReadValueDto;

  @ApiProperty({ description: 'What the other one says.', type: ReadValueDto })
  right!: ReadValueDto;

  @ApiProperty({
    description: 'What it means and what explains it.',
    example: 'The hours and their day were always written together: one of them was changed or lost.',
  })
  hint!: string;
}

/** What a check of the books found. */
export class DoctorReportDto implements DoctorReport {
  @ApiProperty({ description: 'The first day that was checked.', example: '2026-10-24' })
  from!: string;

  @ApiProperty({ description: 'The last day that was checked, included.', example: '2026-11-23' })
  to!: string;

  @ApiProperty({ description: 'How many keys were looked at.', example: 12 })
  keys!: number;

  @ApiProperty({ description: 'How many differences there are; 0 means that the books agree.', example: 0 })
  total!: number;

  @ApiProperty({ description: 'The first 1000 of them.', type: [DifferenceDto] })
  differences!: DifferenceDto[];

  @ApiProperty({
    description: 'What explains differences, and what could not be compared.',
    example: ['Roll-ups were compared from 2026-11-01 on, the first day that they know from its beginning.'],
    type: [String],
  })
  notes!: string[];
}
