import { applyDecorators, Controller, Delete, Get, Param } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AdminOnly } from '../../core/http/admin-only.js';
import { ApiProblem } from '../../core/http/problem-details.dto.js';
import { KeyParam } from '../key-route.js';
import { KeyQueueDto, toKeyQueueDto } from './key-queue.dto.js';
import { QueueService } from './queue.service.js';

const QueueRoute = (summary: string, description: string): MethodDecorator =>
  applyDecorators(
    ApiOperation({ summary, description }),
    KeyParam(),
    ApiOkResponse({ type: KeyQueueDto, description: 'What runs and waits now.' }),
    ApiProblem(404, 'There is no API key with this id.'),
  );

/** What runs and waits on a key, for administrators. */
@ApiTags('API keys')
@AdminOnly()
@Controller('api/v2/keys/:id/queue')
export class QueueController {
  constructor(private readonly queue: QueueService) {}

  @Get()
  @QueueRoute('What runs and waits on a key', 'Requests at the same time, and the figures of the queue.')
  async get(@Param('id') id: string): Promise<Readonly<KeyQueueDto>> {
    return toKeyQueueDto(await this.queue.get(id));
  }

  @Delete()
  @QueueRoute(
    'End the waits, slots and holds of a key that are stuck',
    'Forgets all of them. What is alive comes back by itself: a request that waits at once, one that runs within 30 seconds. Until then the key may pass its limits, of requests at the same time and of tokens and costs. The figures stay.',
  )
  async clear(@Param('id') id: string): Promise<Readonly<KeyQueueDto>> {
    return toKeyQueueDto(await this.queue.clear(id));
  }
}
