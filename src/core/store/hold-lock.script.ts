import { defineScript } from '@crs/store';

/** Takes, renews or (0 ms) gives back a right that one process at a time has. False when somebody else has it. */
export const holdLock = defineScript({
  name: 'hold-lock',
  source: new URL('./hold-lock.lua', import.meta.url),
  transaction: (tx, keys, args) => {
    const [key] = keys as readonly [string];
    const [who, ms] = args as readonly [string, string];
    const holder = tx.get(key);
    if (holder !== null && holder !== who) return 0;
    if (ms === '0') tx.del(key);
    else tx.set(key, who, 'PX', Number(ms));
    return 1;
  },
  parse: (reply) => reply === 1,
});
