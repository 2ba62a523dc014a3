import { Injectable, NotFoundException } from '@nestjs/common';
import type { ListResult } from '../../core/http/list-result.js';
import { toRecordId } from '../../core/http/record-id.js';
import { ValidationFailedException } from '../../core/http/validation.js';
import type { AccountEntry } from '../account-entry.factory.js';
import { AccountReader } from '../account-reader.js';
import type { GroupFamily } from './group-families.js';
import { GroupRepository } from './group.repository.js';
import { GroupService, noSuchGroup } from './group.service.js';

/** A member of a group. `account` is null where it is of a kind that this gateway does not serve, or is gone. */
export interface GroupMember {
  readonly id: string;
  readonly account: AccountEntry | null;
}

export interface Page {
  readonly offset: number;
  readonly limit: number;
}

const WHOLE: Page = { offset: 0, limit: Number.MAX_SAFE_INTEGER };

/** Who is in a group of accounts. An unknown group is a 404. */
@Injectable()
export class GroupMemberService {
  constructor(
    private readonly groups: GroupService,
    private readonly repository: GroupRepository,
    private readonly reader: AccountReader,
  ) {}

  /** In the order in which they are asked; those that this gateway does not serve come last. */
  async list(id: string, { offset, limit }: Page = WHOLE): Promise<ListResult<GroupMember>> {
    const { group, family } = await this.groups.get(id);
    const members = await this.describe(family, await this.repository.listMembers(group.id));
    return { items: members.slice(offset, offset + limit), total: members.length };
  }

  /** The given accounts are the members from now on. 400 naming those that are neither accounts of the family nor members. */
  async replace(id: string, accountIds: readonly string[]): Promise<ListResult<GroupMember>> {
    await this.put(id, 'replace', 'accountIds', accountIds.map(toMemberId));
    return this.list(id);
  }

  /** Adding a member once more changes nothing. */
  async add(id: string, accountId: string): Promise<GroupMember> {
    const member = toMemberId(accountId);
    return this.describeOne(await this.put(id, 'add', 'accountId', [member]), member);
  }

  /** Answers the member that it was; 404 where it was none. */
  async remove(id: string, accountId: string): Promise<GroupMember> {
    const member = toMemberId(accountId);
    const { group, family } = await this.groups.getServed(id);
    const unknown = await this.repository.changeMembers(group.id, family, 'remove', [member]);
    if (unknown === null) throw noSuchGroup(id);
    if (unknown.length > 0) throw noSuchMember(accountId);
    return this.describeOne(family, member);
  }

  private async put(
    id: string,
    change: 'add' | 'replace',
    field: string,
    accountIds: readonly string[],
  ): Promise<GroupFamily> {
    const { group, family } = await this.groups.getServed(id);
    const unknown = await this.repository.changeMembers(group.id, family, change, accountIds);
    if (unknown === null) throw noSuchGroup(id);
    if (unknown.length === 0) return family;
    throw new ValidationFailedException(
      unknown.map((account) => ({
        field,
        message: `${field} names ${JSON.stringify(account)}, which is no account of ${family.service}`,
      })),
    );
  }

  private async describeOne(family: GroupFamily, id: string): Promise<GroupMember> {
    const found = await Promise.all(family.platforms.map(({ name }) => this.reader.find(name, id)));
    return { id, account: found.find((entry) => entry !== null) ?? null };
  }

  private async describe(family: GroupFamily | null, ids: readonly string[]): Promise<readonly GroupMember[]> {
    const platforms = family?.platforms ?? [];
    const entries = (await Promise.all(platforms.map(({ name }) => this.reader.readAll(name)))).flat();
    const wanted = new Set(ids);
    const served = entries
      .filter(({ stored }) => wanted.has(stored.id))
      .map((account) => ({ id: account.stored.id, account }));
    const servedIds = new Set(served.map((member) => member.id));
    const others = ids.filter((id) => !servedIds.has(id)).sort();
    return [...served, ...others.map((id) => ({ id, account: null }))];
  }
}

/** Ids are UUIDs in lower case; an old database may hold others, which are taken as they are. */
const toMemberId = (text: string): string => toRecordId(text) ?? text;

const noSuchMember = (accountId: string): NotFoundException =>
  new NotFoundException(`The account "${accountId.slice(0, 100)}" is no member of this group`);
