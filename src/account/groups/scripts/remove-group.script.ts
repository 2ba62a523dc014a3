import { defineScript } from '@crs/store';

/**
 * 0: removed. Null: there is no such group. Else how many members it has: it was not removed. See remove-group.lua for
 * keys and arguments.
 */
export const removeGroup = defineScript<number | null>({
  name: 'remove-group',
  source: new URL('./remove-group.lua', import.meta.url),
  transaction(tx, [all = '', record = '', members = ''], [id = '']) {
    if (tx.exists(record) === 0) return -1;
    const count = tx.scard(members);
    if (count > 0) return count;
    tx.del(record);
    tx.srem(all, id);
    return 0;
  },
  parse: (reply) => (Number(reply) < 0 ? null : Number(reply)),
});
