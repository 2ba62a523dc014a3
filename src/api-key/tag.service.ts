import { ConflictException, Injectable, NotFoundException } from '@nestjs/common';
import { ApiKeyEditor } from './api-key-editor.js';
import { ApiKeyIndexRepository } from './api-key-index.repository.js';
import { changeTags, renameTag } from './api-key-tags.js';
import { inGroups } from './in-groups.js';
import { type Tag, TagRepository } from './tag.repository.js';

/** How often the keys of a tag are looked up again because others give it to keys in between. */
const MAX_PASSES = 10;

type TagsChange = (tags: readonly string[]) => readonly string[];

/** The tags of all keys, as administrators name them. */
@Injectable()
export class TagService {
  constructor(
    private readonly tags: TagRepository,
    private readonly editor: ApiKeyEditor,
    private readonly index: ApiKeyIndexRepository,
  ) {}

  /** By name. */
  async list(offset: number, limit: number): Promise<{ readonly items: readonly Tag[]; readonly total: number }> {
    await this.index.ensureBuilt();
    const names = await this.tags.listNames();
    return { items: await this.tags.countKeys(names.slice(offset, offset + limit)), total: names.length };
  }

  /** A tag that no key has yet. @throws ConflictException */
  async create(name: string): Promise<Tag> {
    await this.index.ensureBuilt();
    if (!(await this.tags.add(name))) throw new ConflictException(`There is already a tag "${name}".`);
    return { name, keys: 0 };
  }

  /**
   * On all keys, deleted ones included; how many were changed. Repeat it with `merge` when it was broken off: by then
   * there is a tag of the new name.
   *
   * @param merge the new name may be that of another tag
   * @throws NotFoundException, ConflictException
   */
  async rename(name: string, to: string, merge: boolean): Promise<number> {
    await this.requireTag(name);
    if (to === name) return 0;
    if (!merge && (await this.tags.exists(to))) {
      throw new ConflictException(`There is already a tag "${to}". Send "merge": true to put both together.`);
    }
    const changed = await this.changeKeys(name, (tags) => renameTag(tags, name, to));
    await this.tags.add(to);
    return changed;
  }

  /** From all keys, deleted ones included; how many were changed. @throws NotFoundException, ConflictException */
  async remove(name: string): Promise<number> {
    await this.requireTag(name);
    return this.changeKeys(name, (tags) => changeTags(tags, { add: [], remove: [name] }));
  }

  private async requireTag(name: string): Promise<void> {
    await this.index.ensureBuilt();
    if (!(await this.tags.exists(name))) throw new NotFoundException(`There is no tag "${name}".`);
  }

  private async changeKeys(name: string, change: TagsChange): Promise<number> {
    let changed = 0;
    for (let pass = 0; pass < MAX_PASSES; pass += 1) {
      const ids = await this.tags.listKeys(name);
      if (ids.length === 0) {
        await this.tags.removeName(name);
        return changed;
      }
      const hadTag = await inGroups(ids, (id) => this.changeKey(id, name, change));
      const strays = ids.filter((_, at) => hadTag[at] !== true);
      if (strays.length > 0) await this.tags.forgetKeys(name, strays);
      changed += ids.length - strays.length;
    }
    throw new ConflictException(
      `Others go on giving the tag "${name}" to keys. It was changed on ${String(changed)} so far; try again.`,
    );
  }

  /** False when the key does not have the tag, or is gone. */
  private async changeKey(id: string, name: string, change: TagsChange): Promise<boolean> {
    let hadTag = false;
    try {
      await this.editor.change(id, (record, now) => {
        hadTag = record.tags.includes(name);
        return hadTag ? { ...record, tags: change(record.tags), updatedAt: now } : record;
      });
      return hadTag;
    } catch (error: unknown) {
      if (error instanceof NotFoundException) return false;
      throw error;
    }
  }
}
