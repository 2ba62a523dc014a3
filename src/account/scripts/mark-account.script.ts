import { defineScript, type StoreTransaction } from '@crs/store';

/** True: marked. False: there is no such account, nothing was written. See mark-account.lua for keys and arguments. */
export const markAccount = defineScript<boolean>({
  name: 'mark-account',
  source: new URL('./mark-account.lua', import.meta.url),
  transaction(tx, [record = '', coolDown = '', marks = '', history = ''], args) {
    const [now = '', coolDownJson = '', coolDownMs = '', ...afterCoolDown] = args;
    const [name = '', endsAt = '', mostNames = '', recovery = '', overAt = '', ...rest] = afterCoolDown;
    const [entry = '', mostEntries = '', historySeconds = '', rateLimitedAt = '', stoppedStatus = ''] = rest;
    if (tx.exists(record) === 0) return 0;
    if (coolDownJson !== '' && tx.pttl(coolDown) < Number(coolDownMs)) {
      tx.set(coolDown, coolDownJson, 'PX', Number(coolDownMs));
    }
    if (name !== '' || overAt !== '') {
      const held = new HeldMarks(tx, marks, recovery, Number(now));
      if (name !== '') held.put(name, Number(endsAt), Number(mostNames));
      if (overAt !== '') held.startRecovery(Number(overAt));
    }
    tx.lpush(history, entry);
    tx.ltrim(history, 0, Number(mostEntries) - 1);
    tx.expire(history, Number(historySeconds));
    if (rateLimitedAt !== '' && !isStoppedByV1(tx, record, stoppedStatus)) {
      tx.hset(record, { rateLimitedAt, rateLimitStatus: 'limited' });
    }
    return 1;
  },
  parse: (reply) => reply === 1,
});

/** Marks that still hold; the others go. */
class HeldMarks {
  private readonly ends: ReadonlyMap<string, number>;

  constructor(
    private readonly tx: StoreTransaction,
    private readonly key: string,
    private readonly recovery: string,
    private readonly now: number,
  ) {
    const marks = Object.entries(tx.hgetall(key)).map(([name, text]) => [name, this.endOf(name, text)] as const);
    for (const [name, endsAt] of marks) if (endsAt <= now) tx.hdel(key, name);
    this.ends = new Map(marks.filter(([, endsAt]) => endsAt > now));
  }

  put(name: string, endsAt: number, most: number): void {
    const current = this.ends.get(name) ?? 0;
    const ofKind = [...this.ends.keys()].filter((held) => kindOf(held) === kindOf(name));
    if (endsAt <= current || (current === 0 && ofKind.length >= most)) return;
    this.write(name, String(endsAt), endsAt);
  }

  startRecovery(overAt: number): void {
    const latest = Math.max(overAt, this.ends.get(this.recovery) ?? 0);
    this.write(this.recovery, `${latest}:0`, latest);
  }

  private write(name: string, text: string, endsAt: number): void {
    this.tx.hset(this.key, { [name]: text });
    if (this.tx.pttl(this.key) < endsAt - this.now) this.tx.pexpire(this.key, endsAt - this.now);
  }

  private endOf(name: string, text: string): number {
    const digits = name === this.recovery ? (/^(\d+):/.exec(text)?.[1] ?? '') : text;
    return Number(digits) || 0;
  }
}

/** What stands before the colon. */
const kindOf = (name: string): string => name.replace(/:.*$/s, '');

function isStoppedByV1(tx: StoreTransaction, record: string, stoppedStatus: string): boolean {
  return tx.hget(record, 'status') === stoppedStatus || tx.hget(record, 'rateLimitAutoStopped') === 'true';
}
