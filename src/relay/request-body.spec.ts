import { gzipSync, zstdCompressSync } from 'node:zlib';
import { RelayError } from '@crs/extension-api';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CHAT_COMPLETIONS } from './chat-completions.js';
import { COMPACT, COUNT_TOKENS, MESSAGES, RESPONSES } from './endpoints.js';
import { describeBody, readJson } from './request-body.js';

const bodyOf = (text: string, endpoint = RESPONSES) => describeBody(Buffer.from(text), endpoint);

const refusalOf = (body: Buffer | string, endpoint = RESPONSES): string => {
  try {
    describeBody(Buffer.from(body), endpoint);
  } catch (error) {
    if (error instanceof RelayError && error.code === 'invalid_request') return error.message;
    throw error;
  }
  throw new Error('The body was taken');
};

describe('describeBody', () => {
  it('finds the model and where it stands, whatever else a body holds', () => {
    const others = fc.dictionary(
      fc.string().filter((name) => !['model', 'stream', 'input', '__proto__'].includes(name)),
      fc.jsonValue(),
    );
    fc.assert(
      fc.property(
        fc.string({ minLength: 1 }),
        fc.boolean(),
        others,
        others,
        fc.nat(3),
        (model, stream, a, b, indent) => {
          const text = JSON.stringify({ ...a, model, input: [], stream, ...b }, null, indent);
          const body = Buffer.from(text);
          const traits = describeBody(body, RESPONSES);
          expect(traits).toMatchObject({ model, stream });
          expect(readJson(body, traits.modelSpan)).toBe(model);
          expect(body.toString('utf8', traits.modelSpan.start, traits.modelSpan.end)).toBe(JSON.stringify(model));
        },
      ),
    );
  });

  it.each([
    ['true', true],
    ['false', false],
    [' null', false],
    ['0,"stream":true', true],
  ])('takes stream: %s for %s', (value, expected) => {
    const body = `{"model":"m","input":[],"messages":[],"stream":${value}}`;
    expect(bodyOf(body).stream).toBe(expected);
    expect(bodyOf(body, COUNT_TOKENS).stream).toBe(false);
  });

  it.each(['"true"', '1', '0', '""', '[]', '{}', 'True', 'true,"stream":1'])(
    'refuses stream: %s, which some upstreams take for true, where an answer may be a stream',
    (value) => {
      const body = `{"model":"m","input":[],"messages":[],"stream":${value}}`;
      for (const endpoint of [RESPONSES, COMPACT, MESSAGES, CHAT_COMPLETIONS]) {
        expect(refusalOf(body, endpoint)).toBe('stream: true or false is required');
      }
      expect(bodyOf(body, COUNT_TOKENS).stream).toBe(false);
    },
  );

  it.each(['true', '"true"', '1'])('refuses background: %s, whose answer could not be fetched', (value) => {
    const body = `{"model":"m","input":[],"messages":[],"background":${value}}`;
    expect(refusalOf(body)).toContain('background: ');
    expect(refusalOf(body, COMPACT)).toContain('background: ');
    expect(bodyOf(body, MESSAGES).stream).toBe(false);
  });

  it.each(['false', 'null'])('takes background: %s', (value) => {
    expect(bodyOf(`{"model":"m","input":[],"background":${value}}`).model).toBe('m');
  });

  it('gives the members that its protocol asks for, and no others', () => {
    const { member } = bodyOf(
      '{"model":"m","input":"hi","prompt_cache_key":"a","session_id":7,"conversation_id":{"x":[1]},"metadata":{"user_id":"u"}}',
    );
    const names = ['prompt_cache_key', 'session_id', 'conversation_id', 'metadata', 'nothing'];
    expect(names.map(member)).toEqual(['a', 7, { x: [1] }, undefined, undefined]);
    expect(bodyOf('{"model":"m","messages":[],"metadata":{"user_id":"u"}}', MESSAGES).member('metadata')).toEqual({
      user_id: 'u',
    });
  });

  it('leaves faults in a member to the upstream', () => {
    const { member } = bodyOf('{"model":"m","input":[nothing],"prompt_cache_key":[1,,]}');
    expect(member('prompt_cache_key')).toBeUndefined();
  });

  it.each<[string, Buffer | string, string]>([
    ['no body', '', 'The request has no body; a JSON object is required'],
    ['text', 'hello', 'The body is not a JSON object'],
    ['a list', '[]', 'The body is not a JSON object'],
    ['an object that does not close', '{"model":"m","input":[]', 'The body is not a JSON object'],
    ['a body that was compressed', gzipSync('{}'), 'The body is compressed; send it as plain JSON'],
    ['a body that was compressed in another way', zstdCompressSync('{}'), 'The body is compressed'],
    ['no model', '{"input":[]}', 'model: '],
    ['a model that is no text', '{"model":["m"],"input":[]}', 'model: a text is required'],
    ['a model without a name', '{"model":"","input":[]}', 'model: a text is required'],
    ['no input', '{"model":"m","messages":[]}', 'input: this member is required'],
  ])('refuses %s and says so', (_, body, words) => {
    expect(refusalOf(body)).toContain(words);
  });
});

describe('readJson', () => {
  it('knows nothing where nothing stands', () => {
    expect(readJson(Buffer.from('{}'), undefined)).toBeUndefined();
    expect(readJson(Buffer.from('nope'), { start: 0, end: 4 })).toBeUndefined();
  });
});
