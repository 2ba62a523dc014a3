import { defineScript } from '@crs/store';

/** Writes a text, unless somebody else has written it since the caller read it. True when it was written. */
export const replaceText = defineScript({
  name: 'replace-text',
  source: new URL('./replace-text.lua', import.meta.url),
  transaction: (tx, keys, args) => {
    const [key] = keys as readonly [string];
    const [expected, next] = args as readonly [string, string];
    if ((tx.get(key) ?? '') !== expected) return 0;
    tx.set(key, next);
    return 1;
  },
  parse: (reply) => reply === 1,
});
