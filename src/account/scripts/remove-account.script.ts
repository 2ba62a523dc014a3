import { defineScript } from '@crs/store';

/** True: removed. False: there was no such account. See remove-account.lua for keys and arguments. */
export const removeAccount = defineScript<boolean>({
  name: 'remove-account',
  source: new URL('./remove-account.lua', import.meta.url),
  transaction(tx, [record = '', index = '', shared = '', coolDown = '', marks = ''], [id = '']) {
    tx.srem(index, id);
    tx.srem(shared, id);
    tx.del(coolDown, marks);
    return tx.del(record);
  },
  parse: (reply) => reply === 1,
});
