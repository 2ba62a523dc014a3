import { describe, expect, it } from '@jest/globals';
import { OutcomeLatch, type RelayOutcome } from './outcome-latch.js';

const completed: RelayOutcome = { requestId: 'req-1', end: 'completed', report: null, waste: [] };

describe('OutcomeLatch', () => {
  it('tells every listener the first outcome, once', async () => {
    const sut = new OutcomeLatch();
    const seen: string[] = [];
    sut.beforeEnd(async (outcome) => void seen.push(outcome.end));
    await Promise.all([sut.settle(completed), sut.settle({ ...completed, end: 'client_gone' })]);
    await sut.settle({ ...completed, end: 'failed' });
    expect(seen).toEqual(['completed']);
  });

  it('resolves only when the listeners have finished, also when one of them fails', async () => {
    const sut = new OutcomeLatch();
    const steps: string[] = [];
    sut.beforeEnd(() => Promise.reject(new Error('store down')));
    sut.beforeEnd(async () => {
      await Promise.resolve();
      steps.push('booked');
    });
    await sut.settle(completed).then(() => steps.push('ended'));
    expect(steps).toEqual(['booked', 'ended']);
  });
});
