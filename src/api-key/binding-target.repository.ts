import { Inject, Injectable } from '@nestjs/common';
import { keys, STORE_CLIENT, type StoreClient, type StoreCommand } from '@crs/store';
import { repliesOfRightType } from '../core/store/batch-replies.js';
import type { FieldError } from '../core/http/problem-details.js';
import { type BindingInput, GROUP_PREFIX } from './api-key-bindings.js';

/** What a field can be bound to, by v1's names: the group's platform and how records of the accounts begin. */
interface TargetKind {
  readonly groupPlatform: string;
  readonly accountPrefix: string;
  readonly accountName: string;
  readonly groupName: string;
}

const CLAUDE: TargetKind = {
  groupPlatform: 'claude',
  accountPrefix: 'claude_console_account',
  accountName: 'claude-console account',
  groupName: 'group of Claude accounts',
};
const CODEX: TargetKind = {
  groupPlatform: 'openai',
  accountPrefix: 'openai_responses_account',
  accountName: 'codex account',
  groupName: 'group of codex accounts',
};
const TARGETS: Readonly<Record<keyof BindingInput, TargetKind>> = {
  claudeAccountId: CLAUDE,
  claudeConsoleAccountId: CLAUDE,
  codexAccountId: CODEX,
};

/** Says which bindings that somebody asks for lead to nothing that could serve the key. */
@Injectable()
export class BindingTargetRepository {
  constructor(@Inject(STORE_CLIENT) private readonly store: StoreClient) {}

  /** Only what the input names; a binding that a key has already is not looked at. */
  async problemsOf(input: BindingInput): Promise<readonly FieldError[]> {
    const wanted = Object.entries(TARGETS).flatMap(([field, kind]) => {
      const target = input[field as keyof BindingInput] ?? null;
      return target === null ? [] : [{ field, kind, target }];
    });
    if (wanted.length === 0) return [];
    const commands = wanted.map(({ kind, target }) => questionOf(kind, target));
    const replies = await repliesOfRightType(this.store.pipeline(commands));
    return wanted.flatMap(({ field, kind, target }, at) => {
      const expected = isGroup(target) ? kind.groupPlatform : 'hash';
      return replies[at] === expected ? [] : [{ field, message: `${field} ${complaint(kind, target)}` }];
    });
  }
}

const isGroup = (target: string): boolean => target.startsWith(GROUP_PREFIX);

const questionOf = ({ accountPrefix }: TargetKind, target: string): StoreCommand =>
  isGroup(target)
    ? ['hget', keys.group.record(target.slice(GROUP_PREFIX.length)), 'platform']
    : ['type', keys.account.record(accountPrefix, target)];

const complaint = ({ accountName, groupName }: TargetKind, target: string): string =>
  `must name an existing ${isGroup(target) ? groupName : accountName}: there is none with this id`;
