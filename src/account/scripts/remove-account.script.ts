import { defineScript } from '@crs/store';

/** True: removed. False: there was no such account. See remove-account.lua for keys and arguments. */
export const removeAccount = defineScript<boolean>({
  name: 'remove-account',
  source: new URL('./remove-account.lua', import.meta.url),
  transaction(tx, keys, [id = '', membersPrefix = '']) {
    const [record = '', index = '', shared = '', coolDown = '', marks = '', history = '', ofAccount = '', groups = ''] =
      keys;
    tx.srem(index, id);
    tx.srem(shared, id);
    tx.del(coolDown, marks, history, ofAccount);
    for (const group of tx.smembers(groups)) tx.srem(membersPrefix + group, id);
    return tx.del(record);
  },
  parse: (reply) => reply === 1,
});
