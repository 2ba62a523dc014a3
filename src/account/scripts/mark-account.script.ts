import { defineScript, type StoreTransaction } from '@crs/store';

/** True: marked. False: there is no such account, nothing was written. See mark-account.lua for keys and arguments. */
export const markAccount = defineScript<boolean>({
  name: 'mark-account',
  source: new URL('./mark-account.lua', import.meta.url),
  transaction(tx, [record = '', coolDown = '', marks = '', history = ''], args) {
    const [now = '', coolDownJson = '', coolDownMs = '', name = '', endsAt = '', mostNames = '', ...rest] = args;
    const [entry = '', mostEntries = '', historySeconds = '', rateLimitedAt = '', stoppedStatus = ''] = rest;
    if (tx.exists(record) === 0) return 0;
    if (coolDownJson !== '' && tx.pttl(coolDown) < Number(coolDownMs)) {
      tx.set(coolDown, coolDownJson, 'PX', Number(coolDownMs));
    }
    if (name !== '') putMark(tx, marks, { name, endsAt: Number(endsAt), now: Number(now), most: Number(mostNames) });
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

interface Mark {
  readonly name: string;
  readonly endsAt: number;
  readonly now: number;
  readonly most: number;
}

function putMark(tx: StoreTransaction, key: string, { name, endsAt, now, most }: Mark): void {
  const marks = Object.entries(tx.hgetall(key)).map(([held, ends]) => [held, Number(ends) || 0] as const);
  for (const [held, ends] of marks) if (ends <= now) tx.hdel(key, held);
  const holding = new Map(marks.filter(([, ends]) => ends > now));
  const current = holding.get(name) ?? 0;
  if (endsAt <= current || (current === 0 && holding.size >= most)) return;
  tx.hset(key, { [name]: String(endsAt) });
  if (tx.pttl(key) < endsAt - now) tx.pexpire(key, endsAt - now);
}

function isStoppedByV1(tx: StoreTransaction, record: string, stoppedStatus: string): boolean {
  return tx.hget(record, 'status') === stoppedStatus || tx.hget(record, 'rateLimitAutoStopped') === 'true';
}
