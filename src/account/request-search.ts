import type { RelayRequest } from '@crs/extension-api';

/** What of a request an upstream may quote. */
export type QuotableRequest = Pick<RelayRequest, 'body' | 'headers' | 'query'>;

/** A body is searched in pieces, so that a large one is never held twice. */
const PIECE_BYTES = 65_536;
/** No UTF-16 unit takes more bytes in JSON than as an escape: `\u00e4`. */
const MAX_UNIT_BYTES = 6;

/** Whether a text stands in what a client has sent, in any case, also where JSON escapes it. */
export function requestHolds({ body, headers, query }: QuotableRequest, text: string): boolean {
  const wanted = anyForm(text);
  const overlap = text.length * MAX_UNIT_BYTES;
  for (let start = 0; start < body.length; start += PIECE_BYTES) {
    if (wanted.test(body.toString('utf8', start, start + PIECE_BYTES + overlap))) return true;
  }
  return [...Object.values(headers), ...new URLSearchParams(query)].flat().some((value) => wanted.test(value ?? ''));
}

function anyForm(text: string): RegExp {
  const forms = text.split('').map((unit) => {
    const escapes = [unit, unit.toLowerCase(), unit.toUpperCase()].map(hexOf).join('|');
    // Quotes and slashes may have a backslash before them.
    const literal = /\w/.test(unit) ? unit : `\\\\?\\u${hexOf(unit)}`;
    return `(?:${literal}|\\\\u(?:${escapes}))`;
  });
  return new RegExp(forms.join(''), 'i');
}

const hexOf = (unit: string): string => unit.charCodeAt(0).toString(16).padStart(4, '0');
