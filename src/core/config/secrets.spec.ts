import { hkdfSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decideSecrets, isPlaceholder, type SecretsQuestion } from './secrets.js';

const KEY = '0123456789abcdef0123456789abcdef';
const JWT = 'fedcba9876543210fedcba9876543210';
const stored = { encryptionKey: 'stored-key-of-thirty-two-letters', jwtSecret: 'stored-jwt-of-thirty-two-letters' };
const nothing: SecretsQuestion = {
  encryptionKey: null,
  jwtSecret: null,
  allowPlaceholder: false,
  production: false,
  store: 'embedded',
  databaseExists: false,
  stored: null,
  file: '/data/secrets.json',
};
const redis: SecretsQuestion = { ...nothing, store: 'redis' };
const derivedFrom = (key: string) =>
  Buffer.from(hkdfSync('sha256', key, '', 'claude-relay-service v2 admin token', 32)).toString('hex');
const derivedNote = 'JWT_SECRET is not set: it is derived from ENCRYPTION_KEY';

const used = (question: SecretsQuestion) => {
  const answer = decideSecrets(question);
  if (answer.kind !== 'use') throw new Error(`the answer is ${answer.kind}`);
  return answer;
};
const refused = (question: SecretsQuestion) => {
  const answer = decideSecrets(question);
  if (answer.kind !== 'refuse') throw new Error(`the answer is ${answer.kind}`);
  return answer.reason;
};

describe('decideSecrets', () => {
  it.each<SecretsQuestion['store']>(['embedded', 'redis'])('uses what is set, with the %s store', (store) => {
    const question = { ...nothing, store, production: true, encryptionKey: KEY, jwtSecret: JWT };
    expect(used(question)).toEqual({ kind: 'use', encryptionKey: KEY, jwtSecret: JWT, notes: [] });
  });

  it('notes secrets that are easy to guess, without showing them', () => {
    expect(used({ ...nothing, encryptionKey: 'short', jwtSecret: 'brief' }).notes).toEqual([
      'ENCRYPTION_KEY is short (5 characters); 32 or more are hard to guess',
      'JWT_SECRET is short (5 characters); 32 or more are hard to guess',
    ]);
  });

  describe('with the embedded store', () => {
    it('generates on the first start, also in production', () => {
      expect(decideSecrets(nothing)).toEqual({ kind: 'generate' });
      expect(decideSecrets({ ...nothing, production: true })).toEqual({ kind: 'generate' });
    });

    it('uses what was generated, without a word', () => {
      expect(used({ ...nothing, stored, databaseExists: true })).toEqual({ kind: 'use', ...stored, notes: [] });
    });

    it('refuses a database whose key is gone: a new one would lock it for ever', () => {
      const reason = refused({ ...nothing, databaseExists: true });
      expect(reason).toContain('neither ENCRYPTION_KEY nor /data/secrets.json');
    });

    it('lets a variable win over the file and says so when they differ', () => {
      const sut = used({ ...nothing, stored, encryptionKey: KEY, jwtSecret: JWT });
      expect(sut).toMatchObject({ encryptionKey: KEY, jwtSecret: JWT });
      expect(sut.notes).toEqual([
        expect.stringContaining('ENCRYPTION_KEY differs from the one in /data/secrets.json; the variable is used'),
        expect.stringContaining('JWT_SECRET differs from the one in /data/secrets.json; the variable is used'),
      ]);
      expect(used({ ...nothing, stored, ...stored }).notes).toEqual([]);
    });

    it('derives the token secret when only the key is set', () => {
      expect(used({ ...nothing, encryptionKey: KEY })).toEqual({
        kind: 'use',
        encryptionKey: KEY,
        jwtSecret: derivedFrom(KEY),
        notes: [derivedNote],
      });
      expect(used({ ...nothing, stored, encryptionKey: stored.encryptionKey }).jwtSecret).toBe(stored.jwtSecret);
    });

    it('takes placeholders for unset and says so', () => {
      const placeholders = { ...nothing, encryptionKey: 'your-encryption-key-here', jwtSecret: 'your-jwt-secret-here' };
      expect(decideSecrets(placeholders)).toEqual({ kind: 'generate' });
      expect(used({ ...placeholders, stored })).toEqual({
        kind: 'use',
        ...stored,
        notes: [
          'ENCRYPTION_KEY is a placeholder and is taken for unset',
          'JWT_SECRET is a placeholder and is taken for unset',
        ],
      });
    });
  });

  describe('with Redis in production', () => {
    const production = { ...redis, production: true };

    it('refuses to start without a key, even where one was generated on this machine', () => {
      expect(refused(production)).toContain('ENCRYPTION_KEY is not set');
      expect(refused({ ...production, stored })).toContain('ENCRYPTION_KEY is not set');
    });

    it.each(['CHANGE-THIS-32-CHARACTER-KEY-NOW', 'your-encryption-key-here'])('refuses the placeholder %s', (key) => {
      const reason = refused({ ...production, encryptionKey: key });
      expect(reason).toContain('ENCRYPTION_KEY is a placeholder');
      expect(reason).toContain('ALLOW_PLACEHOLDER_KEY=true');
    });

    it('opens a database made with a placeholder when that is allowed, and says what it means', () => {
      const key = 'CHANGE-THIS-32-CHARACTER-KEY-NOW';
      const sut = used({ ...production, encryptionKey: key, jwtSecret: JWT, allowPlaceholder: true });
      expect(sut.encryptionKey).toBe(key);
      expect(sut.notes).toEqual([expect.stringContaining('a placeholder that everybody knows')]);
    });

    it('derives a missing token secret, so that every instance has the same', () => {
      const sut = used({ ...production, encryptionKey: KEY });
      expect(sut.jwtSecret).toBe(derivedFrom(KEY));
      expect(sut.notes).toEqual([derivedNote]);
    });

    it('derives it for a placeholder, too, and not from what this machine alone has', () => {
      const sut = used({
        ...production,
        encryptionKey: KEY,
        jwtSecret: 'CHANGE-THIS-JWT-SECRET-IN-PRODUCTION',
        stored,
      });
      expect(sut.jwtSecret).toBe(derivedFrom(KEY));
      expect(sut.notes).toEqual([
        expect.stringContaining('ENCRYPTION_KEY differs'),
        'JWT_SECRET is a placeholder and is taken for unset',
        'JWT_SECRET is not set (the one in /data/secrets.json is not used with Redis): it is derived from ENCRYPTION_KEY',
      ]);
    });
  });

  describe('with Redis outside production', () => {
    it('generates a missing key and says that all instances need it', () => {
      expect(decideSecrets(redis)).toEqual({ kind: 'generate' });
      const sut = used({ ...redis, stored });
      expect(sut).toMatchObject({ encryptionKey: stored.encryptionKey, jwtSecret: derivedFrom(stored.encryptionKey) });
      expect(sut.notes[0]).toBe('ENCRYPTION_KEY is taken from /data/secrets.json; every instance needs the same');
    });

    it('opens a database made with a placeholder and says that production would not', () => {
      const sut = used({ ...redis, encryptionKey: 'your-encryption-key-here', jwtSecret: JWT });
      expect(sut.encryptionKey).toBe('your-encryption-key-here');
      expect(sut.notes[0]).toContain('with NODE_ENV=production the service would not start');
    });
  });

  it('always comes to an end once secrets were generated, and never shows one', () => {
    const secret = fc.option(fc.constantFrom(KEY, JWT, 'your-encryption-key-here', 'short-one'));
    fc.assert(
      fc.property(
        secret,
        secret,
        fc.boolean(),
        fc.boolean(),
        fc.constantFrom<SecretsQuestion['store'][]>('embedded', 'redis'),
        fc.boolean(),
        (encryptionKey, jwtSecret, allowPlaceholder, production, store, databaseExists) => {
          const question = {
            ...nothing,
            encryptionKey,
            jwtSecret,
            allowPlaceholder,
            production,
            store,
            databaseExists,
          };
          const first = decideSecrets(question);
          const answer = first.kind === 'generate' ? decideSecrets({ ...question, stored }) : first;
          expect(answer.kind).not.toBe('generate');
          const said = JSON.stringify(answer.kind === 'use' ? answer.notes : answer);
          for (const each of [KEY, JWT, 'short-one', ...Object.values(stored)]) expect(said).not.toContain(each);
          if (answer.kind === 'use') expect([answer.encryptionKey, answer.jwtSecret]).not.toContain('');
        },
      ),
    );
  });
});

describe('isPlaceholder', () => {
  it.each(['your-32-character-encryption-key-here', 'your_key', 'changeme', 'Change-This', 'replace-with-a-key'])(
    'knows %s',
    (text) => {
      expect(isPlaceholder(text)).toBe(true);
    },
  );

  it('lets real secrets pass', () => {
    fc.assert(fc.property(fc.stringMatching(/^[0-9a-f]{64}$/), (hex) => !isPlaceholder(hex)));
    expect(isPlaceholder(KEY)).toBe(false);
  });
});
