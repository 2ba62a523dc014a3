import { defineScript } from '@crs/store';

/** Writes the administrator, unless somebody else has written it since the caller read it. True when it was written. */
export const saveAdmin = defineScript({
  name: 'save-admin',
  source: new URL('./save-admin.lua', import.meta.url),
  transaction: (tx, keys, args) => {
    const [key] = keys as readonly [string];
    const [expectedHash, record] = args as readonly [string, string];
    if ((tx.hget(key, 'passwordHash') ?? '') !== expectedHash) return 0;
    tx.del(key);
    tx.hset(key, JSON.parse(record) as Record<string, string>);
    return 1;
  },
  parse: (reply) => reply === 1,
});
