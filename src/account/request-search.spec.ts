import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type QuotableRequest, requestHolds } from './request-search.js';

const sent = (body: string | Buffer, more: Partial<QuotableRequest> = {}): QuotableRequest => ({
  body: Buffer.from(body),
  headers: {},
  query: '',
  ...more,
});
const escapeAll = (text: string): string =>
  text
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');

describe('requestHolds', () => {
  it.each([
    ['as it is', sent('{"type":"account not found"}')],
    ['in another case', sent('{"type":"Account NOT Found"}')],
    ['escaped', sent(`{"type":"${escapeAll('account not found')}"}`)],
    ['escaped in part, in another case', sent('{"type":"\\u0041ccount not\\u0020found"}')],
    ['in a header', sent('{}', { headers: { 'anthropic-beta': 'x, Account not found' } })],
    ['in one of several headers', sent('{}', { headers: { host: undefined, 'x-app': ['a', 'account not found'] } })],
    ['in the query', sent('{}', { query: '?beta=account%20not+found' })],
    ['behind megabytes', sent(`${'a'.repeat(3_000_000)}account not found`)],
  ])('finds a text %s', (_, request) => {
    expect(requestHolds(request, 'account not found')).toBe(true);
  });

  it.each([
    ['nothing', sent('')],
    ['its words in another order', sent('{"type":"not found account"}')],
    ['broken escapes', sent('{"type":"\\u0061\\u00"}')],
    ['something like it', sent('{"type":"account_not_found"}')],
  ])('finds no text in %s', (_, request) => {
    expect(requestHolds(request, 'account not found')).toBe(false);
  });

  it('takes no character of the text for a pattern', () => {
    expect(requestHolds(sent('abbc'), 'a.*c')).toBe(false);
    expect(requestHolds(sent('[A.*c]'), 'a.*c')).toBe(true);
  });

  it('finds whatever stands in a body, wherever it stands and however it is written', () => {
    const text = fc.string({ unit: 'grapheme-composite', minLength: 1, maxLength: 30 });
    const write = fc.constantFrom(
      (held: string) => JSON.stringify(held).slice(1, -1),
      escapeAll,
      (held: string) => escapeAll(held).toUpperCase().replaceAll('\\U', '\\u'),
    );
    fc.assert(
      fc.property(text, write, fc.integer({ min: 65_300, max: 65_560 }), (held, written, before) => {
        // Beyond what JSON spells with a letter of its own.
        fc.pre(!/[\b\t\n\f\r]/.test(held));
        const body = `${'ä'.repeat(before % 7)}${'-'.repeat(before)}${written(held)}${'-'.repeat(99)}`;
        expect(requestHolds(sent(body), held)).toBe(true);
      }),
    );
  });
});
