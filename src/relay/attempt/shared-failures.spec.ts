import type { ApiKeyId, AttemptFailure } from '@crs/extension-api';
import { describe, expect, it } from '@jest/globals';
import { TestClock } from '../../../test/support/test-clock.ts';
import { type RequestSource, SharedFailures } from './shared-failures.js';

const sourceOf = (keyId: string, endpoint = 'responses'): RequestSource => ({ keyId: keyId as ApiKeyId, endpoint });
const SOURCE = sourceOf('key-1');
const status = (code: number): AttemptFailure => ({ kind: 'status', status: code, headers: {}, text: '' });
const event = (errorType: string): AttemptFailure => ({ kind: 'error_event', errorType, message: '', text: '' });

describe('SharedFailures', () => {
  const begin = (): { clock: TestClock; sut: SharedFailures } => {
    const clock = new TestClock(1_000);
    return { clock, sut: new SharedFailures(clock) };
  };

  it('remembers for a minute how requests of a key have failed, and for another one where they do again', () => {
    const { clock, sut } = begin();
    sut.remember(SOURCE, status(500));
    clock.ms += 59_999;
    expect(sut.holds(SOURCE, status(500))).toBe(true);
    sut.remember(SOURCE, status(500));
    clock.ms += 59_999;
    expect(sut.holds(SOURCE, status(500))).toBe(true);
    clock.ms += 1;
    expect(sut.holds(SOURCE, status(500))).toBe(false);
  });

  it.each<[RequestSource, AttemptFailure]>([
    [SOURCE, status(403)],
    [SOURCE, event('500')],
    [SOURCE, { kind: 'timeout', reason: 'idle' }],
    [sourceOf('key-2'), status(500)],
    [sourceOf('key-1', 'compact'), status(500)],
  ])('does not take another one for it: %j %j', (source, failure) => {
    const { sut } = begin();
    sut.remember(SOURCE, status(500));
    expect(sut.holds(source, failure)).toBe(false);
  });

  it('forgets what another account has served', () => {
    const { sut } = begin();
    sut.remember(SOURCE, status(500));
    sut.forget(SOURCE, status(500));
    expect(sut.holds(SOURCE, status(500))).toBe(false);
  });

  it('forgets the oldest before it holds too many', () => {
    const { sut } = begin();
    const failures = Array.from({ length: 1001 }, (_, i) => event(`kind-${String(i)}`));
    for (const failure of failures) sut.remember(SOURCE, failure);
    expect(failures.map((failure) => sut.holds(SOURCE, failure)).filter((isHeld) => !isHeld)).toHaveLength(1);
    expect(sut.holds(SOURCE, event('kind-0'))).toBe(false);
  });
});
