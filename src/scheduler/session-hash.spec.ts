import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { claudeSessionHash, sessionIdOf } from './session-hash.js';

const HEX64 = '0123456789abcdef'.repeat(4);
const UUID = '11111111-2222-4333-8444-555555555555';
const HI = '8f434346648f6b96df89dda901c5176b';

const ephemeral = { cache_control: { type: 'ephemeral' } };
const part = (text: string, more: object = {}): object => ({ type: 'text', text, ...more });
const image = { type: 'image', source: { type: 'base64', data: 'AAAA' } };
const says = (content: unknown, more: object = {}): object => ({ role: 'user', content, ...more });
const userId = (value: unknown): object => ({ metadata: { user_id: value }, messages: [says('hi')] });

interface Body {
  readonly metadata?: unknown;
}
const hashOf = (body: Body | null, header: string | null = null): string | null =>
  claudeSessionHash({ header, metadata: body?.metadata, readBody: () => body });

describe('claudeSessionHash', () => {
  it.each<[string, Body | null, string | null]>([
    ['a user id with a session', userId(`user_${HEX64}_account__session_${UUID}`), UUID],
    ['a user id with an account and a session', userId(`user_${HEX64}_account_${UUID}_session_abc-1`), 'abc-1'],
    ['a user id in JSON', userId('{"device_id":"d","account_uuid":"","session_id":"sess-XYZ"}'), 'sess-XYZ'],
    [
      'the first message, where the device part is too short',
      userId(`user_${HEX64.slice(1)}_account__session_${UUID}`),
      HI,
    ],
    ['the first message, where the JSON names no session', userId('{"device_id":"d"}'), HI],
    ['the first message, where the JSON names an empty session', userId('{"device_id":"d","session_id":""}'), HI],
    ['the first message, where the JSON names no device', userId('{"session_id":"sess-XYZ"}'), HI],
    ['the first message, where the JSON names an empty device', userId('{"device_id":"","session_id":"s"}'), HI],
    ['the first message, where the user id only begins like JSON', userId('{"device_id":"d"'), HI],
    ['the first message, where the user id is JSON of null', userId('{}'), HI],
    ['the first message, where the user id is no text', userId(7), HI],
    ['the first message, where the session could be no key', userId('{"device_id":"d","session_id":"a\\nb"}'), HI],
    ['the first message, where metadata is no object', { metadata: 'x', messages: [says('hi')] } as Body, HI],
    [
      'the cached part of the system prompt',
      {
        system: [part('AAA', ephemeral), part('BBB')],
        messages: [says('hi')],
      } as Body,
      'cb1ad2119d8fafb69566510ee712661f',
    ],
    [
      'all cached parts of the system prompt',
      {
        system: [part('AAA', ephemeral), part('BBB'), part('CCC', ephemeral)],
        messages: [says('hi')],
      } as Body,
      'a271161b5f1667f3ce3c3969761c6c65',
    ],
    [
      'the first text of a conversation with a cached part',
      {
        messages: [says([image]), says([part('first-'), part('two')]), says([part('later', ephemeral)])],
      } as Body,
      'f1487327cf31ab10f7164df029f2807e',
    ],
    [
      'the cached system prompt and the first text',
      {
        system: [part('AAA', ephemeral)],
        messages: [says('first'), says([part('second', ephemeral)])],
      } as Body,
      '6064ba8212d3f6990f2d6ab2a6242c88',
    ],
    [
      'a message that is cached as a whole',
      { messages: [says('hello', ephemeral)] } as Body,
      '2cf24dba5fb0a30e26e83b2ac5b9e29e',
    ],
    [
      'the system prompt as text',
      { system: 'You are X', messages: [says('hi')] } as Body,
      '069b9bb17fc507c047d8e8cbe6143000',
    ],
    [
      'the system prompt in parts',
      { system: [part('You '), part('are X')] } as Body,
      '069b9bb17fc507c047d8e8cbe6143000',
    ],
    ['a message that is no ASCII', { messages: [says('你好')] } as Body, '670d9743542cae3ea7ebe36af56bd536'],
    ['the first message in parts', { messages: [says([part('h'), image, part('i')])] } as Body, HI],
    ['nothing, where the first message is only an image', { messages: [says([image]), says('hi')] } as Body, null],
    [
      'nothing, where a cached conversation has no text',
      { messages: [says([{ ...image, ...ephemeral }])] } as Body,
      null,
    ],
    ['nothing in an empty body', {}, null],
    ['nothing without a body', null, null],
    ['nothing in parts that are no objects', { system: [null, 'x'], messages: [1, says([null, 'x'])] } as Body, null],
  ])('takes %s', (_, body, expected) => {
    expect(hashOf(body)).toBe(expected);
  });

  it('does not depend on the billing block, which differs between requests of one session', () => {
    const billing = (version: string): object => part(`x-anthropic-billing-header: cc_version=2.1.330.${version};`);
    for (const rest of [[part('You are X')], [part('You are X', ephemeral)]]) {
      const hashes = ['1a2', 'f0f'].map((version) => hashOf({ system: [billing(version), ...rest] } as Body));
      expect(hashes).toEqual(['069b9bb17fc507c047d8e8cbe6143000', '069b9bb17fc507c047d8e8cbe6143000']);
    }
    expect(hashOf({ system: [billing('1')], messages: [says('hi')] } as Body)).toBe(HI);
  });

  it('does not read the body when header or metadata name the session', () => {
    const readBody = jest.fn<() => unknown>();
    const metadata = { user_id: `user_${HEX64}_account__session_${UUID}` };
    expect(claudeSessionHash({ header: 's-1', metadata, readBody })).toBe('s-1');
    expect(claudeSessionHash({ header: null, metadata, readBody })).toBe(UUID);
    expect(readBody).not.toHaveBeenCalled();
  });

  it('gives a usable key or null for any body', () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), fc.option(fc.string()), (body, metadata, header) => {
        const hash = claudeSessionHash({ header, metadata, readBody: () => body });
        if (hash !== null) expect(hash).toMatch(/^\P{C}{1,200}$/u);
      }),
    );
  });

  it('is the same for every turn of a conversation with a cached system prompt', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.array(fc.string()), (system, turns) => {
        const first = hashOf({ system: [part(system, ephemeral)], messages: [says('hi')] } as Body);
        const later = hashOf({
          system: [part(system, ephemeral)],
          messages: ['hi', ...turns].map((turn) => says(turn)),
        } as Body);
        expect(later).toBe(first);
      }),
    );
  });
});

describe('sessionIdOf', () => {
  it.each<[string, string | null, unknown, string | null]>([
    ['the header before the user id', 'from-header', '{"device_id":"d","session_id":"s"}', 'from-header'],
    ['the user id where the header is empty', '', '{"device_id":"d","session_id":"s"}', 's'],
    ['the user id where the header is too long', 'x'.repeat(201), '{"device_id":"d","session_id":"s"}', 's'],
    ['the user id where the header is not printable', 'a\u0007', '{"device_id":"d","session_id":"s"}', 's'],
    ['a header of 200 characters', 'x'.repeat(200), null, 'x'.repeat(200)],
    ['nothing where nothing is named', null, undefined, null],
  ])('takes %s', (_, header, user, expected) => {
    expect(sessionIdOf(header, user)).toBe(expected);
  });
});
