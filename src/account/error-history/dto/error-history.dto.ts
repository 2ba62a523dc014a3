import { ApiProperty } from '@nestjs/swagger';
import type { HistoryPage } from '../error-history.service.js';
import type { HistoryEntry } from '../history-entry.js';

/** One error of an upstream. */
export class HistoryEntryDto {
  @ApiProperty({ description: 'When it happened.', format: 'date-time', example: '2026-11-23T04:05:16.176Z' })
  time!: string;

  @ApiProperty({
    description: 'The status that the upstream answered with; null = none.',
    nullable: true,
    type: Number,
    example: 529,
  })
  status!: number | null;

  @ApiProperty({ description: 'What kind of error it was.', example: 'overload' })
  errorType!: string;

  @ApiProperty({
    description:
      'What else was noted: this gateway notes requestId, model, endpoint and errorBody. Of what version 1 noted, short texts; never headers, and nothing that looks like a key.',
    type: 'object',
    additionalProperties: { type: 'string' },
    example: { requestId: 'req_3f0c9d1e8b7a', model: 'claude-opus-5-5', endpoint: 'messages', errorBody: 'Overloaded' },
  })
  context!: Readonly<Record<string, string>>;
}

/** A page of an account's errors. */
export class ErrorHistoryDto {
  @ApiProperty({ description: 'The errors, newest first.', type: [HistoryEntryDto] })
  items!: readonly Readonly<HistoryEntryDto>[];

  @ApiProperty({ description: 'How many there are in all; at most 5000 are kept, for three days.', example: 1 })
  total!: number;

  @ApiProperty({ description: 'How many of this page could not be read and were left out.', example: 0 })
  unreadable!: number;
}

/** What became of a history. */
export class ClearedHistoryDto {
  @ApiProperty({ description: 'How many errors it held.', example: 12 })
  deleted!: number;
}

export const toErrorHistoryDto = ({ items, total, unreadable }: HistoryPage): Readonly<ErrorHistoryDto> => ({
  items: items.map(toEntryDto),
  total,
  unreadable,
});

const toEntryDto = ({ at, status, errorType, context }: HistoryEntry): Readonly<HistoryEntryDto> => ({
  time: at.toISOString(),
  status,
  errorType,
  context,
});
