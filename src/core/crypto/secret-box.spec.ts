import { createCipheriv } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { testConfig } from '../../../test/support/test-config.js';
import { SecretBox } from './secret-box.js';

const sutWith = (encryptionKey: string) => new SecretBox(testConfig({ encryptionKey }));
const V1_KEY = '0123456789abcdef0123456789abcdef';
const V1_IV = '000102030405060708090a0b0c0d0e0f';
const sut = sutWith(V1_KEY);

describe('SecretBox', () => {
  it.each([
    ['claude-console-salt', 'sk-test-Key_123', 'c00ba19348f6f79af8ab3f5adb23e13e'],
    ['openai-responses-salt', 'sk-test-Key_123', 'beea320035136c18815d6e3c321e225d'],
    ['openai-account-salt', 'sk-test-Key_123', '687373f1403406e273984d383787c780'],
    ['claude-console-salt', '密钥-✓', '76a558f775e03c2162fb865fa23ea1cc'],
    ['openai-responses-salt', '密钥-✓', '5f8a40d011a8d410da9152b71e4b55ed'],
    ['openai-account-salt', '密钥-✓', '516e336ac5b952a696fea9f65cf11e51'],
  ])('opens what v1 sealed under %s (%s)', (salt, plain, sealed) => {
    expect(sut.open(`${V1_IV}:${sealed}`, salt, 'empty')).toBe(plain);
  });

  it('opens a value of a running v1', () => {
    const stored = '768805caa13f85adf45c66a693bd7e9e:0615e5daff463858fa59845f2d0656bd';
    expect(sut.open(stored, 'claude-console-salt', 'as_is')).toBe('sk-up-console');
  });

  it.each([
    ['claude-console-salt', 'b6782bcf77316250629d139b6fccfe47eb4d246ccc6fcfee99b92c71d9b36154'],
    ['openai-responses-salt', 'da8f3ee61eddd5aa5ede04f6807e0b1a4b35c5e124d2a759b7be4ce90a961849'],
    ['openai-account-salt', '241ac5df8a7f45c76246936f421fcc31365e97287888e1700cbba5a2e328bfee'],
  ])('seals under the key that v1 derives for %s', (salt, keyHex) => {
    const [iv = '', sealed = ''] = sut.seal('sk-test', salt).split(':');
    const cipher = createCipheriv('aes-256-cbc', Buffer.from(keyHex, 'hex'), Buffer.from(iv, 'hex'));
    expect(sealed).toBe(cipher.update('sk-test', 'utf8', 'hex') + cipher.final('hex'));
  });

  it('writes lower-case hex with a new vector each time', () => {
    const sealed = sut.seal('sk-test', 'claude-console-salt');
    expect(sealed).toMatch(/^[0-9a-f]{32}:[0-9a-f]{32}$/);
    expect(sut.seal('sk-test', 'claude-console-salt')).not.toBe(sealed);
  });

  it('leaves an empty text empty', () => {
    expect(sut.seal('', 'claude-console-salt')).toBe('');
    expect(sut.open('', 'claude-console-salt', 'as_is')).toBe('');
    expect(sut.open('', 'openai-responses-salt', 'empty')).toBe('');
  });

  it('opens any text that it sealed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (plain) => {
        expect(sut.open(sut.seal(plain, 'claude-console-salt'), 'claude-console-salt', 'empty')).toBe(plain);
      }),
    );
  });

  it.each([
    ['a text that was never sealed', 'sk-ant-plain'],
    ['a plain text with a colon', 'user:password'],
    ['three parts', `${V1_IV}:c00ba19348f6f79af8ab3f5adb23e13e:00`],
    ['a vector of another length', 'c00b:c00ba19348f6f79af8ab3f5adb23e13e'],
    ['hex of an odd length', `${V1_IV}:c00ba19348f6f79`],
    ['a vector followed by no hex', `${V1_IV}:sk-ant-plain`],
  ])('gives %s back, or nothing, as asked', (_, text) => {
    expect(sut.open(text, 'claude-console-salt', 'as_is')).toBe(text);
    expect(sut.open(text, 'claude-console-salt', 'empty')).toBe('');
  });

  it.each([
    ['half a block', `${V1_IV}:c00ba19348f6f79a`],
    ['no ciphertext', `${V1_IV}:`],
    ['a ciphertext that was changed', `${V1_IV}:c00ba19348f6f79af8ab3f5adb23e13f`],
    ['a text in capitals', `${V1_IV}:C00BA19348F6F79AF8AB3F5ADB23E13F`],
    ['what another key sealed', sutWith('another-key').seal('sk-ant-plain', 'claude-console-salt')],
  ])('gives nothing for %s, whatever is asked: it is no key that was never sealed', (_, text) => {
    expect(sut.open(text, 'claude-console-salt', 'as_is')).toBe('');
    expect(sut.open(text, 'claude-console-salt', 'empty')).toBe('');
  });

  it('never takes what another key sealed for a secret', () => {
    // One in 256 has a good padding by chance and gives noise; no noise of these may pass for a text.
    const other = sutWith('another-key');
    const texts = Array.from({ length: 2000 }, () =>
      other.seal('sk-ant-api03-0123456789abcdef', 'openai-responses-salt'),
    );
    expect(texts.filter((text) => sut.open(text, 'openai-responses-salt', 'empty') !== '')).toEqual([]);
  });
});
