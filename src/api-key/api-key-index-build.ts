import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { describeError } from '../core/http/error-log.js';
import { ApiKeyIndexRepository } from './api-key-index.repository.js';

/**
 * Indexes the keys of an old database before the first request: some of them may stand in no look-up, and would be
 * refused. A failure does not stop the boot; the next list tries again.
 */
@Injectable()
export class ApiKeyIndexBuild implements OnApplicationBootstrap {
  private readonly logger = new Logger(ApiKeyIndexBuild.name);

  constructor(private readonly index: ApiKeyIndexRepository) {}

  async onApplicationBootstrap(): Promise<void> {
    try {
      await this.index.ensureBuilt();
    } catch (error: unknown) {
      this.logger.warn({ msg: 'the API keys could not be indexed', error: describeError(error) });
    }
  }
}
