import { describe, expect, it } from '@jest/globals';
import type { FailureContext } from '@crs/extension-api';
import { findAccountFault } from './account-fault.js';
import { readUpstreamError } from './upstream-error.js';

const TEXTS = ['account is closed', 'no money'];
const find = (message: string, change: Partial<FailureContext> = {}): 'told' | 'quoted' | null =>
  findAccountFault(
    readUpstreamError(JSON.stringify({ error: { message } })),
    {
      now: new Date(0),
      model: 'm',
      endpoint: 'e',
      accountFaultTexts: ['tenant is suspended'],
      sameFailures: 0,
      requestHolds: () => false,
      ...change,
    },
    TEXTS,
  );

describe('findAccountFault', () => {
  it.each([
    ['Your ACCOUNT is Closed.', 'told'],
    ['The tenant is suspended', 'told'],
    ['All is well', null],
  ])('hears in "%s": %s', (message, expected) => {
    expect(find(message)).toBe(expected);
  });

  it('takes what the request itself holds for a quotation, but no word more', () => {
    const requestHolds = (text: string): boolean => text === 'no money';
    expect(find("Invalid value 'no money'", { requestHolds })).toBe('quoted');
    expect(find("The account is closed. 'no money'", { requestHolds })).toBe('told');
  });

  it('does not look through the request where nothing is said', () => {
    const requestHolds = (): never => {
      throw new Error('looked');
    };
    expect(find('All is well', { requestHolds })).toBeNull();
  });
});
