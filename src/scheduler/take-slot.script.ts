import { defineScript } from '@crs/store';

/** Where the slot was found: the place of the account in the given order, 0 = the first; null = all are full. */
export type TakenPlace = number | null;

export const takeSlot = defineScript<TakenPlace>({
  name: 'take-slot',
  source: new URL('./take-slot.lua', import.meta.url),
  transaction: (tx, sets, args) => {
    const [member, nowText, leaseMs, keepMs, ...limits] = args as readonly [
      string,
      string,
      string,
      string,
      ...string[],
    ];
    const now = Number(nowText);
    for (const [place, slots] of sets.entries()) {
      tx.zremrangebyscore(slots, Number.NEGATIVE_INFINITY, now);
      if (tx.zcard(slots) >= Number(limits[place])) continue;
      tx.zadd(slots, now + Number(leaseMs), member);
      if (tx.pttl(slots) < Number(keepMs)) tx.pexpire(slots, Number(keepMs));
      return place + 1;
    }
    return 0;
  },
  parse: (reply) => (reply === 0 ? null : Number(reply) - 1),
});
