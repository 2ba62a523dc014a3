import { readdirSync, readFileSync } from 'node:fs';
import { keys, STORE_CLIENT, type StoreClient } from '@crs/store';
import { AppConfig } from '../../src/core/config/app-config.js';
import { journalFolderOf } from '../../src/core/journal/journal-folder.js';
import { decodeNote, type Note } from '../../src/core/journal/note.codec.js';
import { RequestJournal } from '../../src/core/journal/request-journal.js';
import { Clock } from '../../src/core/time/clock.js';
import { Zone } from '../../src/core/time/zone.js';
import { addFigures, type Figures, NO_FIGURES } from '../../src/stats/roll-up/figures.js';
import { unpackFigures } from '../../src/stats/roll-up/packed-figures.codec.js';
import type { TestApp } from './test-app.ts';

/** What the books of an application in this process say; what has ended is waited for. */
export class LedgerView {
  constructor(private readonly app: TestApp) {}

  /** Of a key, the newest first. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests look into records of many shapes
  async records(keyId: string): Promise<any[]> {
    const lines = await (await this.settledStore()).lrange(keys.usage.records(keyId), 0, -1);
    return lines.map((line): unknown => JSON.parse(line));
  }

  /** Today's. */
  async wasteOf(accountId: string): Promise<Figures> {
    const store = await this.settledStore();
    const hash = await store.hgetall(keys.usage.rollUp.waste('day', this.zone.day(this.now)));
    return Object.entries(hash)
      .filter(([field]) => field.startsWith(`${accountId}|`))
      .reduce((sum, [, text]) => addFigures(sum, unpackFigures(text) ?? NO_FIGURES), NO_FIGURES);
  }

  /** USD that count in the account's quota day. */
  async quotaSpent(accountId: string, resetTime = '00:00'): Promise<number> {
    const { key } = this.zone.quotaPeriodStart(this.now, resetTime);
    return Number((await (await this.settledStore()).get(keys.account.quotaCost(accountId, key))) ?? 0);
  }

  /** Every line of the journal's files, as they are at this moment. */
  notes(): Note[] {
    const { dataDir } = this.app.app.get(AppConfig);
    const folder = journalFolderOf(dataDir, this.app.app.get(RequestJournal).instance);
    const names = readdirSync(folder.path).filter((name) => name.endsWith('.jsonl'));
    const text = names.map((name) => readFileSync(`${folder.path}/${name}`, 'utf8')).join('');
    return text.split('\n').flatMap((line) => decodeNote(line) ?? []);
  }

  private async settledStore(): Promise<StoreClient> {
    await this.app.flushed();
    return this.app.app.get<StoreClient>(STORE_CLIENT);
  }

  private get zone(): Zone {
    return this.app.app.get(Zone);
  }

  private get now(): number {
    return this.app.app.get(Clock).now();
  }
}
