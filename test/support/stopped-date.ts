import { jest } from '@jest/globals';

/** Everything but the date stays real, so that requests can go over real sockets; `jest.useRealTimers()` ends it. */
export function stopTheDateAt(instant: Date): void {
  jest.useFakeTimers({
    now: instant,
    doNotFake: [
      'hrtime',
      'nextTick',
      'performance',
      'queueMicrotask',
      'setImmediate',
      'clearImmediate',
      'setInterval',
      'clearInterval',
      'setTimeout',
      'clearTimeout',
    ],
  });
}
