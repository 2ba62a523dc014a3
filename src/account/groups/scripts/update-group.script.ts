import { defineScript } from '@crs/store';

/** True: written. False: there is no such group. See update-group.lua for keys and arguments. */
export const updateGroup = defineScript<boolean>({
  name: 'update-group',
  source: new URL('./update-group.lua', import.meta.url),
  transaction(tx, [record = ''], pairs) {
    if (tx.exists(record) === 0) return 0;
    for (let i = 0; i < pairs.length; i += 2) tx.hset(record, { [String(pairs[i])]: String(pairs[i + 1]) });
    return 1;
  },
  parse: (reply) => reply === 1,
});
