import { describe, expect, it } from '@jest/globals';
import { readMembers } from './read-members.js';

describe('readMembers', () => {
  it('reads those that are asked for and there', () => {
    const body = Buffer.from('{"output":[{"model":"no"}],"model":"m","usage":{"input_tokens":1}}');
    expect(readMembers(body, ['model', 'usage', 'service_tier'])).toEqual({ model: 'm', usage: { input_tokens: 1 } });
  });

  it.each(['', '[]', '{"model":'])('gives null for %j', (text) => {
    expect(readMembers(Buffer.from(text), ['model'])).toBeNull();
  });
});
