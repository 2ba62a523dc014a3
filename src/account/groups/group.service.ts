import { randomUUID } from 'node:crypto';
import { ApiKeyDirectory, type ServiceName } from '@crs/extension-api';
import { BadRequestException, ConflictException, Injectable, NotFoundException } from '@nestjs/common';
import type { ListResult } from '../../core/http/list-result.js';
import { toRecordId } from '../../core/http/record-id.js';
import { Clock } from '../../core/time/clock.js';
import { type AccountGroup, newGroupRecord } from './account-group.js';
import { GroupFamilies, type GroupFamily } from './group-families.js';
import { GroupRepository } from './group.repository.js';

export interface GroupInput {
  readonly name: string;
  /** Null: none. */
  readonly description?: string | null;
}

export interface NewGroupInput extends GroupInput {
  readonly platform: ServiceName;
}

export interface GroupFilter {
  readonly offset: number;
  readonly limit: number;
  readonly platform?: ServiceName;
}

/** A group with the accounts that it can hold; null = a group of version 1 that this gateway does not serve. */
export interface GroupEntry {
  readonly group: AccountGroup;
  readonly family: GroupFamily | null;
}

/** What a client key's binding to a group begins with. */
const BINDING_PREFIX = 'group:';

/** What an administrator does to groups of accounts. An unknown id is a 404. */
@Injectable()
export class GroupService {
  constructor(
    private readonly repository: GroupRepository,
    private readonly families: GroupFamilies,
    private readonly apiKeys: ApiKeyDirectory,
    private readonly clock: Clock,
  ) {}

  /** In the order of their names. */
  async list({ offset, limit, platform }: GroupFilter): Promise<ListResult<GroupEntry>> {
    const found = (await this.repository.list())
      .map((group) => this.toEntry(group))
      .filter(({ family }) => platform === undefined || family?.service === platform)
      .sort(byName);
    return { items: found.slice(offset, offset + limit), total: found.length };
  }

  async get(id: string): Promise<GroupEntry> {
    const recordId = toRecordId(id);
    const group = recordId === null ? null : await this.repository.find(recordId);
    if (group === null) throw noSuchGroup(id);
    return this.toEntry(group);
  }

  /** The same for a change: 409 for a group that this gateway does not serve. */
  async getServed(id: string): Promise<GroupEntry & { readonly family: GroupFamily }> {
    const { group, family } = await this.get(id);
    if (family !== null) return { group, family };
    throw new ConflictException(
      `This is a group of ${group.storedPlatform} accounts, which this gateway does not serve: it stays as version 1 left it`,
    );
  }

  async create({ name, platform, description }: NewGroupInput): Promise<GroupEntry> {
    const family = this.families.ofService(platform);
    if (family === null) throw new BadRequestException(`This gateway has no accounts for ${platform}`);
    const id = randomUUID();
    const settings = { name, description: description ?? '', storedPlatform: family.storedPlatform };
    await this.repository.insert(id, newGroupRecord(id, settings, new Date(this.clock.now())));
    return this.get(id);
  }

  async update(id: string, { name, description }: Partial<GroupInput>): Promise<GroupEntry> {
    const { group } = await this.getServed(id);
    const isChanged = await this.repository.update(group.id, {
      ...(name !== undefined && { name }),
      ...(description !== undefined && { description: description ?? '' }),
      updatedAt: new Date(this.clock.now()).toISOString(),
    });
    if (!isChanged) throw noSuchGroup(id);
    return this.get(id);
  }

  /** Answers the group as it was. 409 while it has members, or client keys are bound to it. */
  async remove(id: string): Promise<GroupEntry> {
    const entry = await this.getServed(id);
    const { group } = entry;
    const boundKeys = await this.countBoundKeys(group.id);
    if (boundKeys > 0) throw new ConflictException(boundWords(boundKeys));
    const members = await this.repository.remove(group.id);
    if (members === null) throw noSuchGroup(id);
    if (members > 0) throw new ConflictException(memberWords(members));
    return entry;
  }

  private async countBoundKeys(id: string): Promise<number> {
    const fields = this.families.bindingFields();
    const counts = await Promise.all(fields.map((field) => this.apiKeys.countBoundTo(field, `${BINDING_PREFIX}${id}`)));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  private toEntry(group: AccountGroup): GroupEntry {
    return { group, family: this.families.ofGroup(group.storedPlatform) };
  }
}

export const noSuchGroup = (id: string): NotFoundException =>
  new NotFoundException(`There is no account group with the id "${id.slice(0, 100)}"`);

const boundWords = (count: number): string =>
  `${count === 1 ? '1 client key is' : `${count} client keys are`} bound to this group; bind ${count === 1 ? 'it' : 'them'} elsewhere first`;

const memberWords = (count: number): string =>
  `The group still has ${count === 1 ? '1 member' : `${count} members`}; take ${count === 1 ? 'it' : 'them'} out first (PUT .../members with an empty list)`;

function byName({ group: a }: GroupEntry, { group: b }: GroupEntry): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  return a.id < b.id ? -1 : 1;
}
