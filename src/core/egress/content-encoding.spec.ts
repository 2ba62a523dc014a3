import type { IncomingHttpHeaders } from 'node:http';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { cut, readAll } from '../../../test/support/compressed-bodies.ts';
import { decodeAnswer } from './content-encoding.js';
import { DecodedBody } from './decoded-body.js';
import { UpstreamBody } from './upstream-body.js';

const TYPE = { 'content-type': 'application/json' };

describe('decodeAnswer', () => {
  const body = new UpstreamBody({ pause: () => undefined, resume: () => undefined, abort: () => undefined });
  const decode = (headers: object): ReturnType<typeof decodeAnswer> =>
    decodeAnswer(headers as IncomingHttpHeaders, body, new AbortController().signal);

  it.each(['gzip', 'x-gzip', 'deflate', 'br', 'zstd', ' GZip '])(
    'decodes %p, and hides what described the encoded form',
    (encoding) => {
      const answer = decode({ ...TYPE, 'content-encoding': encoding, 'content-length': '9' });
      expect(answer.body).toBeInstanceOf(DecodedBody);
      expect(answer.headers).toEqual(TYPE);
    },
  );

  it.each([
    ['several', 'gzip, br'],
    ['one twice', 'gzip,gzip'],
    ['a header sent twice', ['gzip', 'gzip']],
    ['an old one', 'compress'],
    ['an unknown one', 'rot13'],
    ['a name of the language itself', 'constructor'],
  ])('leaves %s as it came, and says so', (_, encoding) => {
    const headers = { ...TYPE, 'content-encoding': encoding, 'content-length': '9' };
    expect(decode(headers)).toEqual({ headers, body });
  });

  it.each(['identity', 'Identity', ''])('takes %p for plain', (encoding) => {
    const answer = decode({ ...TYPE, 'content-encoding': encoding, 'content-length': '9' });
    expect(answer.body).toBe(body);
    expect(answer.headers).toEqual({ ...TYPE, 'content-length': '9' });
  });

  it('takes zeros behind the end of gzip for padding, wherever the pieces are cut', async () => {
    const padded = Buffer.concat([gzipSync(Buffer.from('padded')), Buffer.alloc(20)]);
    for (let at = 0; at <= padded.length; at++) {
      const source = new UpstreamBody({ pause: () => undefined, resume: () => undefined, abort: () => undefined });
      const { body: plain } = decodeAnswer({ 'content-encoding': 'gzip' }, source, new AbortController().signal);
      for (const chunk of cut(padded, [at])) source.push(chunk);
      source.end();
      expect((await readAll(plain)).toString()).toBe('padded');
    }
  });

  it('does not touch an answer that names no encoding', () => {
    const headers = { ...TYPE, 'content-length': '9' };
    const answer = decode(headers);
    expect(answer.headers).toBe(headers);
    expect(answer.body).toBe(body);
  });
});
