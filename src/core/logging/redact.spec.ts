import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { redact } from './redact.js';

const SECRET = 'hunter2-hunter2-hunter2';

describe('redact', () => {
  it.each([
    'authorization',
    'Authorization',
    'x-api-key',
    'X-Api-Key',
    'api-key',
    'x-goog-api-key',
    'x-admin-token',
    'cookie',
    'set-cookie',
    'proxy-authorization',
    'password',
    'newPassword',
    'secret',
    'apiKey',
    'api_key',
    'token',
    'accessToken',
    'refresh_token',
    'ENCRYPTION_KEY',
    'jwtSecret',
    'rawHeaders',
    'body',
  ])('hides %s at any depth', (name) => {
    const fields = { [name]: SECRET, a: { [name]: [SECRET] }, b: [{ c: { d: { [name]: { e: SECRET } } } }] };
    const copy = redact(fields);
    expect(JSON.stringify(copy)).not.toContain(SECRET);
    expect(copy[name]).toBe('[redacted]');
  });

  it('shows that a secret is missing', () => {
    expect(redact({ apiKey: '', token: null, secret: undefined })).toEqual({
      apiKey: '',
      token: null,
      secret: undefined,
    });
  });

  it('leaves what is no secret as it is, and its argument untouched', () => {
    const at = new Date(0);
    const fields = { inputTokens: 5, keyId: 'k1', ok: true, none: null, at, list: [1, 'a', { b: 2 }] };
    const before = structuredClone(fields);
    expect(redact(fields)).toEqual(before);
    expect(fields).toEqual(before);
  });

  it('counts bytes instead of writing them', () => {
    expect(redact({ chunk: Buffer.from(SECRET), view: new Uint8Array(3), raw: new ArrayBuffer(2) })).toEqual({
      chunk: `[${SECRET.length} bytes]`,
      view: '[3 bytes]',
      raw: '[2 bytes]',
    });
  });

  it('keeps the facts of an error and not what it carries', () => {
    const cause = Object.assign(new Error('inner'), { config: { headers: { authorization: SECRET } } });
    const error = Object.assign(new TypeError('outer', { cause }), { code: 'ECONN', request: { data: SECRET } });
    const copy = redact({ err: error });
    expect(JSON.stringify(copy)).not.toContain(SECRET);
    expect(copy).toMatchObject({
      err: { name: 'TypeError', message: 'outer', code: 'ECONN', cause: { name: 'Error', message: 'inner' } },
    });
  });

  it('keeps only the origin of an address', () => {
    expect(redact({ url: new URL(`https://user:${SECRET}@host:1/a?key=${SECRET}`) })).toEqual({
      url: 'https://host:1',
    });
  });

  it('ends where something holds itself, and in long lists', () => {
    const loop: Record<string, unknown> = { name: 'loop' };
    loop.self = loop;
    expect(JSON.stringify(redact(loop))).toContain('[deep]');
    const copy = redact({ list: Array.from({ length: 60 }, (_, index) => index) });
    expect(copy['list']).toHaveLength(51);
    expect(copy['list']).toContain('[10 more]');
  });

  it('lets no secret out of any shape', () => {
    const shape = fc.letrec((tie) => ({
      node: fc.oneof(
        { maxDepth: 8 },
        fc.constant({ 'x-api-key': SECRET }),
        tie('object'),
        fc.array(tie('node'), { maxLength: 3 }),
      ),
      object: fc.dictionary(fc.string({ maxLength: 5 }), tie('node'), { maxKeys: 3 }),
    })).object;
    fc.assert(
      fc.property(shape, (fields) => {
        expect(JSON.stringify(redact(fields as object))).not.toContain(SECRET);
      }),
    );
  });

  it('goes on when more names than it remembers have come', () => {
    const many = Object.fromEntries(Array.from({ length: 3000 }, (_, index) => [`field${index}`, index]));
    redact(many);
    expect(redact({ Pass_word: SECRET, field2999: 1, unseen: 2 })).toEqual({
      Pass_word: '[redacted]',
      field2999: 1,
      unseen: 2,
    });
  });
});
