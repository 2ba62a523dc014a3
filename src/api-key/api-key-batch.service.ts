import { Injectable, Logger } from '@nestjs/common';
import { describeError } from '../core/http/error-log.js';
import { type FieldError, toProblem } from '../core/http/problem-details.js';
import { ValidationFailedException } from '../core/http/validation.js';
import { type ApiKeyInput, type NewApiKeyInput, problemsOfAny } from './api-key-change.js';
import { changeTags, MAX_TAGS, type TagChange } from './api-key-tags.js';
import { BindingTargetRepository } from './binding-target.repository.js';
import { ApiKeyService, type CreatedApiKey } from './api-key.service.js';
import { inGroups } from './in-groups.js';

const NO_PLACE = { path: '', requestId: '' };

/** What becomes of each of many keys. */
export interface BatchChange {
  readonly settings: ApiKeyInput;
  readonly tags: TagChange;
}

/** How it went with one key; an error is told in words. */
export interface BatchResult {
  readonly id: string;
  readonly error: string | null;
}

/** Does with many keys what is asked of one, and says of each how it went. */
@Injectable()
export class ApiKeyBatchService {
  private readonly logger = new Logger(ApiKeyBatchService.name);

  constructor(
    private readonly keys: ApiKeyService,
    private readonly targets: BindingTargetRepository,
  ) {}

  /** Keys with the same settings, named `{name}-1`, `{name}-2` and so on; all or none. @throws ValidationFailedException */
  create({ name, ...settings }: NewApiKeyInput, count: number): Promise<readonly CreatedApiKey[]> {
    const names = Array.from({ length: count }, (_, at) => `${name}-${String(at + 1)}`);
    return this.keys.createMany(names, settings);
  }

  /** @throws ValidationFailedException for what no key can carry out, before anything is written */
  async update(ids: readonly string[], change: BatchChange): Promise<readonly BatchResult[]> {
    refuse(problemsOfChange(change));
    refuse(await this.targets.problemsOf(change.settings));
    return this.each(ids, (id) => this.keys.updateBy(id, ({ tags }) => inputFor(tags, change)));
  }

  delete(ids: readonly string[], deletedBy: string): Promise<readonly BatchResult[]> {
    return this.each(ids, (id) => this.keys.delete(id, deletedBy));
  }

  private each(ids: readonly string[], work: (id: string) => Promise<unknown>): Promise<readonly BatchResult[]> {
    return inGroups(ids, async (id) => {
      try {
        await work(id);
        return { id, error: null };
      } catch (error: unknown) {
        return { id, error: this.tell(id, error) };
      }
    });
  }

  /** The words that a request for this one key would have been answered with. */
  private tell(keyId: string, error: unknown): string {
    const { status, body } = toProblem(error, NO_PLACE);
    if (status === 500) this.logger.error({ msg: 'a key of a batch failed', keyId, error: describeError(error) });
    return body.errors?.map(({ message }) => message).join('; ') ?? body.detail;
  }
}

function problemsOfChange({ settings, tags: { add, remove } }: BatchChange): readonly FieldError[] {
  const changesTags = add.length + remove.length > 0;
  const problems = [...problemsOfAny(settings)];
  if (Object.values(settings).every((value) => value === undefined) && !changesTags) {
    throw new ValidationFailedException([{ field: 'changes', message: 'changes must hold at least one field' }]);
  }
  if (changesTags && settings.tags !== undefined) {
    problems.push({
      field: 'tags',
      message: 'tags sets the whole list, so addTags and removeTags cannot stand beside it',
    });
  }
  if (add.some((tag) => remove.includes(tag))) {
    problems.push({ field: 'addTags', message: 'addTags and removeTags must not hold the same tag' });
  }
  return problems;
}

function refuse(problems: readonly FieldError[]): void {
  if (problems.length === 0) return;
  throw new ValidationFailedException(problems.map(({ field, message }) => ({ field: `changes.${field}`, message })));
}

function inputFor(current: readonly string[], { settings, tags }: BatchChange): ApiKeyInput {
  if (tags.add.length + tags.remove.length === 0) return settings;
  const next = changeTags(current, tags);
  if (next.length > MAX_TAGS && next.length > current.length) {
    const message = `a key may have at most ${String(MAX_TAGS)} tags; this one would have ${String(next.length)}`;
    throw new ValidationFailedException([{ field: 'changes.addTags', message }]);
  }
  return { ...settings, tags: next };
}
