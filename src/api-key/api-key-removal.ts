import { ConflictException, Injectable, NotFoundException } from '@nestjs/common';
import { ApiKeyEditor } from './api-key-editor.js';
import { ApiKeyIndexRepository } from './api-key-index.repository.js';
import type { ApiKeyRecord } from './api-key-record.js';
import { inGroups } from './in-groups.js';

type Outcome = 'removed' | 'gone' | 'kept';

class NotDeletedException extends ConflictException {
  constructor() {
    super('The key is not deleted, and only deleted keys can be removed for good. Delete it first.');
  }
}

/**
 * Removes deleted keys for good, with everything that is kept about them apart from what they have used: figures of days,
 * models and accounts hold their share, and would no longer add up without it (v1 keeps it, too).
 */
@Injectable()
export class ApiKeyRemoval {
  constructor(
    private readonly editor: ApiKeyEditor,
    private readonly index: ApiKeyIndexRepository,
  ) {}

  /** The key as it was. @throws NotFoundException, ConflictException when the key is not deleted */
  remove(id: string): Promise<ApiKeyRecord> {
    return this.editor.remove(id, ({ deletion }) => {
      if (deletion === null) throw new NotDeletedException();
    });
  }

  /** How many were removed. A key that is restored meanwhile is kept. */
  async removeAllDeleted(): Promise<number> {
    await this.index.ensureBuilt();
    const ids = await this.index.listDeleted();
    const outcomes = await inGroups(ids, (id) => this.tryToRemove(id));
    const gone = ids.filter((_, at) => outcomes[at] === 'gone');
    if (gone.length > 0) await this.index.forget(gone);
    return outcomes.filter((outcome) => outcome === 'removed').length;
  }

  private async tryToRemove(id: string): Promise<Outcome> {
    try {
      await this.remove(id);
      return 'removed';
    } catch (error: unknown) {
      if (error instanceof NotDeletedException) return 'kept';
      if (error instanceof NotFoundException) return 'gone';
      throw error;
    }
  }
}
