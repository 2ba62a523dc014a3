import { ApiProperty } from '@nestjs/swagger';
import type { KeyQueue } from './queue.service.js';

/** What became of requests that waited; forgotten after seven days without any. */
class QueueCountersDto {
  @ApiProperty({ description: 'Requests that began to wait.', type: 'integer', example: 12 })
  entered!: number;

  @ApiProperty({ description: 'Requests whose turn came.', type: 'integer', example: 9 })
  success!: number;

  @ApiProperty({ description: 'Requests that waited as long as they may.', type: 'integer', example: 2 })
  timeout!: number;

  @ApiProperty({ description: 'Requests whose client left meanwhile.', type: 'integer', example: 1 })
  cancelled!: number;

  @ApiProperty({
    description: 'Requests refused at once, because the waits before them came close to the longest allowed.',
    type: 'integer',
    example: 0,
  })
  rejectedOverload!: number;
}

/** How long waits took: the newest 500, forgotten after a day without any. */
class QueueWaitsDto {
  @ApiProperty({ description: 'Waits that are known.', type: 'integer', example: 11 })
  count!: number;

  @ApiProperty({ description: 'Half of them were no longer than this, in ms; 0 of none.', example: 850 })
  p50Ms!: number;

  @ApiProperty({ description: 'Nine of ten were no longer than this, in ms; 0 of none.', example: 4200 })
  p90Ms!: number;
}

/** What runs and waits on a key. */
export class KeyQueueDto {
  @ApiProperty({
    description: 'Requests that hold a slot now; always 0 where there is no concurrencyLimit.',
    type: 'integer',
    example: 5,
  })
  running!: number;

  @ApiProperty({
    description: 'Requests that the key may have at the same time; 0 = no limit.',
    type: 'integer',
    example: 5,
  })
  concurrencyLimit!: number;

  @ApiProperty({ description: 'Requests that wait for their turn now.', type: 'integer', example: 2 })
  waiting!: number;

  @ApiProperty({ description: 'What became of requests that waited.', type: QueueCountersDto })
  counters!: Readonly<QueueCountersDto>;

  @ApiProperty({ description: 'How long waits took.', type: QueueWaitsDto })
  waits!: Readonly<QueueWaitsDto>;
}

export const toKeyQueueDto = ({
  running,
  concurrencyLimit,
  waiting,
  counters,
  waits,
}: KeyQueue): Readonly<KeyQueueDto> => ({
  running,
  concurrencyLimit,
  waiting,
  counters: {
    entered: counters.entered,
    success: counters.success,
    timeout: counters.timeout,
    cancelled: counters.cancelled,
    rejectedOverload: counters.rejected_overload,
  },
  waits,
});
