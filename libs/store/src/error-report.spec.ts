import { describe, expect, it, jest } from '@jest/globals';
import { reportRarely, warnOnProcess } from './error-report.js';

describe('reportRarely', () => {
  it('passes on the first error of each interval, with how many were left out', () => {
    let now = 1_000;
    const reports: [string, number][] = [];
    const sut = reportRarely(
      (error, suppressed) => reports.push([error.message, suppressed]),
      100,
      () => now,
    );
    sut(new Error('first'));
    now = 1_099;
    sut(new Error('left out'));
    sut(new Error('left out too'));
    now = 1_100;
    sut(new Error('second'));
    now = 5_000;
    sut(new Error('third'));
    expect(reports).toEqual([
      ['first', 0],
      ['second', 2],
      ['third', 0],
    ]);
  });

  it('makes an error of what is none', () => {
    const reports: unknown[] = [];
    reportRarely(
      (error) => reports.push(error),
      100,
      () => 0,
    )('text');
    expect(reports).toEqual([new Error('text')]);
  });
});

describe('warnOnProcess', () => {
  it('is seen by whoever runs the process', () => {
    const emitWarning = jest.spyOn(process, 'emitWarning').mockReturnValue();
    warnOnProcess(new Error('lost'), 3);
    expect(emitWarning.mock.calls).toEqual([['lost', 'StoreWarning']]);
    emitWarning.mockRestore();
  });
});
