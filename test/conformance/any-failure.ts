import type { AccountMark, AttemptFailure } from '@crs/extension-api';
import fc from 'fast-check';
import { later, malformed, status, transport } from '../support/failures.js';

const errorWord = fc.oneof(
  fc.string(),
  fc.constantFrom('rate_limit_error', 'rate_limit_exceeded', 'model_not_found', 'insufficient_quota', 'server_error'),
);
const failureText = fc.oneof(
  fc.string(),
  fc.json(),
  fc
    .record({
      error: fc.record({ type: errorWord, code: errorWord, message: fc.string(), resets_at: fc.anything() }),
    })
    .map((value) => {
      try {
        return JSON.stringify(value);
      } catch {
        return '';
      }
    }),
);
const resetHeader = fc.constantFrom(
  'retry-after',
  'anthropic-ratelimit-unified-reset',
  'x-ratelimit-reset-tokens',
  'x-codex-primary-used-percent',
  'x-codex-primary-reset-at',
  'x-other',
);
/** A failure, be it one that no upstream has. */
export const anyFailure: fc.Arbitrary<AttemptFailure> = fc.oneof(
  fc.record({
    kind: fc.constant('transport' as const),
    reason: fc.constantFrom('connect', 'dns', 'tls', 'proxy', 'reset', 'garbage'),
    detail: fc.string(),
  }),
  fc.record({ kind: fc.constant('timeout' as const), reason: fc.constantFrom('first_byte', 'idle', 'request') }),
  fc.record({
    kind: fc.constant('status' as const),
    status: fc.oneof(fc.integer({ min: 100, max: 999 }), fc.constantFrom(400, 401, 403, 404, 429, 500, 503, 529)),
    headers: fc.dictionary(resetHeader, fc.oneof(fc.string(), fc.nat().map(String))),
    text: failureText,
  }),
  fc.record({
    kind: fc.constant('malformed' as const),
    reason: fc.constantFrom('empty', 'not_sse', 'not_json', 'error_body', 'too_large'),
    text: failureText,
  }),
  fc.record({
    kind: fc.constant('error_event' as const),
    errorType: errorWord,
    message: fc.string(),
    text: failureText,
  }),
);

const toOther = (type: AccountMark['type'], resetAt?: Date): readonly unknown[] => ['other_account', type, resetAt];
const GIVE_UP: readonly unknown[] = ['give_up', undefined, undefined];

/** What the relay promises of every upstream, at every endpoint. */
export const PROMISED: readonly (readonly [said: string, failed: AttemptFailure, expected: readonly unknown[]])[] = [
  ['no connection', transport('connect'), toOther('connection')],
  ['no head in time', { kind: 'timeout', reason: 'first_byte' }, toOther('connection')],
  ['silence before the answer', { kind: 'timeout', reason: 'idle' }, toOther('connection')],
  ['no whole answer in time', { kind: 'timeout', reason: 'request' }, GIVE_UP],
  ['500', status(500), toOther('server_error')],
  ['502 in HTML', status(502, '<html>Bad gateway</html>'), toOther('server_error')],
  ['503', status(503), toOther('service_unavailable')],
  ['504', status(504), toOther('timeout')],
  ['529', status(529), toOther('overload')],
  ['401', status(401), toOther('auth_error')],
  ['402', status(402), toOther('auth_error')],
  ['403', status(403), toOther('auth_error')],
  ['403 of a dead organization', status(403, 'This organization has been disabled.'), toOther('blocked')],
  ['429', status(429), toOther('rate_limit')],
  ['429 with a reset', status(429, '', { 'retry-after': '30' }), toOther('rate_limit', later(30))],
  ['400', status(400, '{"error":{"message":"no"}}'), GIVE_UP],
  ['413', status(413), GIVE_UP],
  ['422', status(422), GIVE_UP],
  ['HTML with 200', malformed('not_json', '<html>'), toOther('connection')],
  ['nothing with 200', malformed('empty'), toOther('connection')],
  ['too much', malformed('too_large'), GIVE_UP],
];
