import { describe, expect, it } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { defineScript } from './define-script.js';
import { useTemporaryFolder } from './testing/temporary-folder.js';

describe('defineScript', () => {
  const path = useTemporaryFolder();
  const rest = { name: 'add-one', transaction: () => 1, parse: Number };

  it('reads the Lua beside the definition', () => {
    writeFileSync(path('add-one.lua'), "return redis.call('INCR', KEYS[1]) -- ü\n");
    const source = new URL('./add-one.lua', pathToFileURL(path('add-one.script.js')));
    expect(defineScript({ ...rest, source })).toEqual({
      ...rest,
      lua: "return redis.call('INCR', KEYS[1]) -- ü\n",
    });
  });

  it('does not start without it', () => {
    expect(() => defineScript({ ...rest, source: pathToFileURL(path('absent.lua')) })).toThrow('ENOENT');
  });
});
