import { defineScript } from '@crs/store';

/** True: counted. False: the account is not recovering now. See note-served.lua for keys and arguments. */
export const noteServed = defineScript<boolean>({
  name: 'note-served',
  source: new URL('./note-served.lua', import.meta.url),
  transaction(tx, [marks = ''], [now = '', recovery = '', lengthMs = '', enough = '']) {
    const text = tx.hget(marks, recovery) ?? '';
    if (!/^\d+:\d+$/.test(text)) return 0;
    const overAt = text.slice(0, text.indexOf(':'));
    const served = text.slice(overAt.length + 1);
    if (Number(now) >= Number(overAt) || Number(now) < Number(overAt) - Number(lengthMs)) return 0;
    const count = Number(served) + 1;
    if (count >= Number(enough)) tx.hdel(marks, recovery);
    else tx.hset(marks, { [recovery]: `${overAt}:${String(count)}` });
    return 1;
  },
  parse: (reply) => reply === 1,
});
