import { defineScript } from '@crs/store';

/** Writes or deletes one field of a hash, unless somebody else has written it. True when it was written. */
export const replaceField = defineScript({
  name: 'replace-field',
  source: new URL('./replace-field.lua', import.meta.url),
  transaction: (tx, keys, args) => {
    const [hash] = keys as readonly [string];
    const [field, expected, next] = args as readonly [string, string, string];
    if ((tx.hget(hash, field) ?? '') !== expected) return 0;
    if (next === '') tx.hdel(hash, field);
    else tx.hset(hash, { [field]: next });
    return 1;
  },
  parse: (reply) => reply === 1,
});
