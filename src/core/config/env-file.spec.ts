import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ConfigError } from './config-error.js';
import { withEnvFile } from './env-file.js';

describe('withEnvFile', () => {
  it('leaves the environment as it is without a file', () => {
    expect(withEnvFile({ A: '1' }, '/nowhere/at/all')).toEqual({ A: '1' });
  });

  it('says when the file is there and cannot be read', () => {
    const dir = mkdtempSync(join(tmpdir(), 'env-'));
    symlinkSync('.env', join(dir, '.env'));
    try {
      expect(() => withEnvFile({}, dir)).toThrow(ConfigError);
      expect(() => withEnvFile({}, dir)).toThrow(/\.env cannot be read \(ELOOP\)/);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});
