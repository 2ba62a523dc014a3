import { describe, expect, it } from '@jest/globals';
import { ProbeRuns } from './probe-runs.js';
import { TestEndedError } from './test-ending.js';

describe('ProbeRuns', () => {
  it('lets five run, and counts each end once', () => {
    const sut = new ProbeRuns();
    const runs = Array.from({ length: 5 }, () => sut.begin());
    expect(() => sut.begin()).toThrow(expect.objectContaining({ status: 429 }));
    runs[0]?.end();
    runs[0]?.end();
    sut.begin();
    expect(() => sut.begin()).toThrow('5 tests run already');
  });

  it('tells all that run when the process stops', () => {
    const sut = new ProbeRuns();
    const { stopping } = sut.begin();
    expect(stopping.aborted).toBe(false);
    sut.onModuleDestroy();
    expect(stopping.reason).toEqual(new TestEndedError('stopped'));
  });
});
