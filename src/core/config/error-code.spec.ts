import { describe, expect, it } from '@jest/globals';
import { errorCode } from './error-code.js';

describe('errorCode', () => {
  it('is what the system said, or all that is known', () => {
    expect(errorCode(Object.assign(new Error('no'), { code: 'EACCES' }))).toBe('EACCES');
    expect(errorCode(Object.assign(new Error('no'), { code: 7 }))).toBe('Error: no');
    expect([new Error('no'), 'text', null].map(errorCode)).toEqual(['Error: no', 'text', 'null']);
  });
});
