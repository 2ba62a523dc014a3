import { ApiProperty } from '@nestjs/swagger';

type StoreStatus = 'healthy' | 'unhealthy';
type JournalStatus = 'healthy' | 'degraded';

/** Whether the store answers. */
class StoreHealthDto {
  @ApiProperty({
    description: 'Whether it answered within a second.',
    enum: ['healthy', 'unhealthy'],
    example: 'healthy',
  })
  status!: StoreStatus;

  @ApiProperty({
    description: 'Milliseconds it took; null when it did not answer.',
    type: Number,
    nullable: true,
    example: 1,
  })
  latencyMs!: number | null;

  @ApiProperty({
    description:
      'Since when it has not answered these questions; null while it answers. Known keys are served for a minute without it.',
    type: String,
    format: 'date-time',
    nullable: true,
    example: null,
  })
  downSince!: string | null;
}

/** Whether what requests use is noted on the disk. */
class JournalHealthDto {
  @ApiProperty({
    description:
      '`degraded`: the disk takes no notes. Requests go on, but a kill would lose the figures that the store does not ' +
      'have yet; the log says what is wrong.',
    enum: ['healthy', 'degraded'],
    example: 'healthy',
  })
  status!: JournalStatus;
}

/** The store under its name in v1, for the monitors of that time. */
class RedisHealthDto {
  @ApiProperty({ description: 'As `store.status`.', enum: ['healthy', 'unhealthy'], example: 'healthy' })
  status!: StoreStatus;

  @ApiProperty({ description: 'Whether the store answers.', example: true })
  connected!: boolean;
}

/** What v1 says of its log. */
class LoggerHealthDto {
  @ApiProperty({ description: 'Always `healthy`: the log goes to standard output.', example: 'healthy' })
  status!: 'healthy';
}

/** The memory of the process, in whole MiB as text. */
class MemoryDto {
  @ApiProperty({ description: 'Heap in use.', example: '48MB' })
  used!: string;

  @ApiProperty({ description: 'Heap that is reserved.', example: '72MB' })
  total!: string;

  @ApiProperty({ description: 'Outside the heap: buffers and native objects.', example: '6MB' })
  external!: string;
}

/** What the service depends on. */
class ComponentsDto {
  @ApiProperty({ description: 'The embedded store or Redis.', type: StoreHealthDto })
  store!: Readonly<StoreHealthDto>;

  @ApiProperty({ description: 'The notes of usage on this machine’s disk.', type: JournalHealthDto })
  journal!: Readonly<JournalHealthDto>;

  @ApiProperty({ description: 'The store, whichever it is, in the words of v1.', type: RedisHealthDto })
  redis!: Readonly<RedisHealthDto>;

  @ApiProperty({ description: 'The log, in the words of v1.', type: LoggerHealthDto })
  logger!: Readonly<LoggerHealthDto>;
}

/** The state of the service. */
export class HealthDto {
  @ApiProperty({
    description: 'The worst of its components.',
    enum: ['healthy', 'degraded', 'unhealthy'],
    example: 'healthy',
  })
  status!: StoreStatus | JournalStatus;

  @ApiProperty({ description: 'Name of the service.', example: 'claude-relay-service' })
  service!: string;

  @ApiProperty({ description: 'Version of the service.', example: '2.0.0' })
  version!: string;

  @ApiProperty({ description: 'Now.', example: '2026-11-23T04:22:30.053Z' })
  timestamp!: string;

  @ApiProperty({ description: 'Seconds since the start.', example: 3600 })
  uptime!: number;

  @ApiProperty({ description: 'Memory of the process.', type: MemoryDto })
  memory!: Readonly<MemoryDto>;

  @ApiProperty({ description: 'What the service depends on.', type: ComponentsDto })
  components!: Readonly<ComponentsDto>;
}

/** The process runs. */
export class LivenessDto {
  @ApiProperty({ description: 'Always `healthy` when there is an answer of status 200.', example: 'healthy' })
  status!: 'healthy';
}

/** What this is. */
export class ServiceDto {
  @ApiProperty({ description: 'Name of the service.', example: 'claude-relay-service' })
  service!: string;

  @ApiProperty({ description: 'Version of the service.', example: '2.0.0' })
  version!: string;
}
