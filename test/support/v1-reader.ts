import { createDecipheriv, createHash, scryptSync } from 'node:crypto';
import type { StoreClient } from '@crs/store';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const FIRST_MONDAY_MS = -3 * DAY_MS;

/** Where v1 keeps the accounts of a kind, and how it seals their secrets. */
const KINDS = {
  'claude-console': { record: 'claude_console_account', shared: 'shared_claude_console_accounts', salt: 'console' },
  codex: {
    record: 'openai_responses_account',
    shared: 'shared_openai_responses_accounts',
    salt: 'openai-responses',
  },
} as const;
const SALTS = { console: 'claude-console-salt', 'openai-responses': 'openai-responses-salt' } as const;

type Fields = Record<string, string>;
export type AccountKindName = keyof typeof KINDS;

export interface V1Settings {
  readonly encryptionKey: string;
  readonly zoneOffsetHours: number;
}

/** Reads a database by the rules by which v1 does: written from what is documented of it. */
export class V1Reader {
  constructor(
    private readonly store: StoreClient,
    private readonly settings: V1Settings,
  ) {}

  /** The newest first, as v1's list of keys is. */
  async listKeys(): Promise<Fields[]> {
    const all = new Set(await this.store.smembers('apikey:idx:all'));
    const ids = (await this.store.zrange('apikey:idx:createdAt', 0, -1)).reverse();
    if (ids.length !== all.size || ids.some((id) => !all.has(id))) throw new Error('The index sets name other keys');
    return Promise.all(ids.map((id) => this.store.hgetall(`apikey:${id}`)));
  }

  async idsIn(set: 'active' | 'deleted'): Promise<string[]> {
    return (await this.store.smembers(`apikey:set:${set}`)).sort();
  }

  /** Names in the order of the alphabet, with their ids. */
  async listNames(): Promise<[name: string, id: string][]> {
    return (await this.store.zrange('apikey:idx:name', 0, -1)).map((member) => member.split('\0') as [string, string]);
  }

  async listTags(): Promise<Record<string, string[]>> {
    const tags = (await this.store.smembers('apikey:tags:all')).sort();
    const members = await Promise.all(tags.map((tag) => this.store.smembers(`apikey:tag:${tag}`)));
    return Object.fromEntries(tags.map((tag, at) => [tag, members[at]?.sort() ?? []]));
  }

  /** What v1 answers to a client's key: its record, or why not. */
  async authenticate(secret: string, now: number): Promise<Fields | string> {
    const hash = createHash('sha256')
      .update(secret + this.settings.encryptionKey)
      .digest('hex');
    const id = (await this.store.hget('apikey:hash_map', hash)) ?? (await this.store.hget(`apikey_hash:${hash}`, 'id'));
    const fields = id === null ? {} : await this.store.hgetall(`apikey:${id}`);
    if (fields['id'] === undefined) return 'API key not found';
    if (fields['isActive'] !== 'true') return 'API key is disabled';
    const { expiresAt = '' } = fields;
    return expiresAt !== '' && Date.parse(expiresAt) < now ? 'API key has expired' : fields;
  }

  /** Empty = every service. */
  permissionsOf({ permissions = '' }: Fields): string[] {
    if (permissions === '' || permissions === 'all') return [];
    return permissions.startsWith('[') ? (JSON.parse(permissions) as string[]) : permissions.split(',');
  }

  async listAccounts(kind: AccountKindName): Promise<Fields[]> {
    const ids = (await this.store.smembers(`${KINDS[kind].record}:index`)).sort();
    return Promise.all(ids.map((id) => this.store.hgetall(`${KINDS[kind].record}:${id}`)));
  }

  async sharedIds(kind: AccountKindName): Promise<string[]> {
    return (await this.store.smembers(KINDS[kind].shared)).sort();
  }

  unsealKey(kind: AccountKindName, { apiKey = '' }: Fields): string {
    const key = scryptSync(this.settings.encryptionKey, SALTS[KINDS[kind].salt], 32);
    const [iv = '', text = ''] = apiKey.split(':');
    const decipher = createDecipheriv('aes-256-cbc', key, Buffer.from(iv, 'hex'));
    return Buffer.concat([decipher.update(text, 'hex'), decipher.final()]).toString();
  }

  /** Each group's record and members; fails where the accounts do not say the same. */
  async listGroups(): Promise<{ group: Fields; members: string[] }[]> {
    const ids = (await this.store.smembers('account_groups')).sort();
    const groups = await Promise.all(ids.map((id) => this.readGroup(id)));
    await this.checkReverse(groups);
    return groups;
  }

  /** The account of a session, by the text that v1 finds for it. */
  async findSticky(name: 'claude' | 'openai', session: string): Promise<unknown> {
    const text = await this.store.get(`unified_${name}_session_mapping:${session}`);
    return text === null ? null : JSON.parse(text);
  }

  async findTempUnavailable(type: string, id: string): Promise<Record<string, unknown> | null> {
    const text = await this.store.get(`temp_unavailable:${type}:${id}`);
    return text === null ? null : (JSON.parse(text) as Record<string, unknown>);
  }

  /** USD that v1's limits count. */
  async costsOf(key: Fields, now: number): Promise<{ today: number; week: number; total: number }> {
    const id = key['id'] ?? '';
    const texts = await Promise.all([
      this.store.get(`usage:cost:daily:${id}:${this.local(now).slice(0, 10)}`),
      this.store.get(`usage:opus:weekly:${id}:${this.weekOf(key, now)}`),
      this.store.get(`usage:cost:total:${id}`),
    ]);
    const [today = 0, week = 0, total = 0] = texts.map((text) => Number.parseFloat(text ?? '0'));
    return { today, week, total };
  }

  async totalsOf(id: string): Promise<Fields> {
    return this.store.hgetall(`usage:${id}`);
  }

  /** The start of the key's week, `YYYY-MM-DDTHH`. */
  private weekOf(key: Fields, now: number): string {
    const day = Number.parseInt(key['weeklyResetDay'] ?? '1', 10) - 1;
    const hour = Number.parseInt(key['weeklyResetHour'] ?? '0', 10);
    const first = FIRST_MONDAY_MS + day * DAY_MS + hour * HOUR_MS;
    const local = now + this.settings.zoneOffsetHours * HOUR_MS;
    const weeks = Math.floor((local - first) / (7 * DAY_MS));
    return new Date(first + weeks * 7 * DAY_MS).toISOString().slice(0, 13);
  }

  private local(now: number): string {
    return new Date(now + this.settings.zoneOffsetHours * HOUR_MS).toISOString();
  }

  private async readGroup(id: string): Promise<{ group: Fields; members: string[] }> {
    const [group, members] = await Promise.all([
      this.store.hgetall(`account_group:${id}`),
      this.store.smembers(`account_group_members:${id}`),
    ]);
    return { group, members: members.sort() };
  }

  private async checkReverse(groups: readonly { group: Fields; members: string[] }[]): Promise<void> {
    for (const { group, members } of groups) {
      for (const member of members) {
        const back = await this.store.smembers(`account_groups_reverse:${group['platform']}:${member}`);
        if (!back.includes(group['id'] ?? '')) throw new Error(`${member} does not know that it is in ${group['id']}`);
      }
    }
  }
}
