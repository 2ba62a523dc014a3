import { describe, expect, it } from '@jest/globals';
import { describeError, summarizeError } from './error-log.js';

describe('describeError', () => {
  it('keeps name, message, code, stack and causes, and nothing else', () => {
    const cause = Object.assign(new TypeError('inner'), { command: { args: ['secret'] } });
    const sut = describeError(Object.assign(new Error('outer', { cause }), { code: 'E_OUT', request: 'secret' }));
    expect(sut).toEqual({
      name: 'Error',
      message: 'outer',
      code: 'E_OUT',
      stack: expect.stringContaining('outer'),
      cause: { name: 'TypeError', message: 'inner', stack: expect.stringContaining('inner') },
    });
  });

  it('takes what is no error, and an error without a stack or with a numeric code', () => {
    expect(describeError('text')).toEqual({ name: 'string', message: 'text' });
    const error = Object.assign(new Error('bare'), { code: 5 });
    delete error.stack;
    expect(describeError(error)).toEqual({ name: 'Error', message: 'bare' });
  });

  it('ends with a chain of causes that never ends', () => {
    const error = new Error('loop');
    error.cause = error;
    expect(JSON.stringify(describeError(error)).match(/"message":"loop"/g)).toHaveLength(6);
  });
});

describe('summarizeError', () => {
  it('keeps name, message, code and the message of the cause, and no stack', () => {
    const cause = new TypeError('inner', { cause: new Error('innermost') });
    expect(summarizeError(Object.assign(new Error('outer', { cause }), { code: 'E_OUT' }))).toEqual({
      name: 'Error',
      message: 'outer',
      code: 'E_OUT',
      cause: 'inner',
    });
    expect(summarizeError(new Error('bare'))).toEqual({ name: 'Error', message: 'bare' });
  });
});
