import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { StderrLogger } from './stderr-logger.js';

describe('StderrLogger', () => {
  let told: string[];

  beforeEach(() => {
    told = [];
    jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
      told.push(String(text));
      return true;
    });
    Logger.overrideLogger(new StderrLogger());
  });

  afterEach(() => {
    jest.restoreAllMocks();
    Logger.overrideLogger(['log', 'error', 'warn']);
  });

  it('tells warnings and errors, and no progress', () => {
    const logger = new Logger('Store');
    logger.log('started');
    logger.warn({ message: 'waiting for Redis' });
    logger.error({ message: 'The store failed', reason: 'refused', suppressed: 0 });
    expect(told).toEqual(['waiting for Redis\n', 'The store failed: refused\n']);
  });

  it('says the same only once', () => {
    const logger = new Logger('Store');
    for (const suppressed of [0, 3]) logger.error({ message: 'The store failed', reason: 'refused', suppressed });
    expect(told).toEqual(['The store failed: refused\n']);
  });

  it('leaves it to the command to say why it ended', () => {
    new Logger('ExceptionHandler').error(new Error('Redis cannot be used'));
    expect(told).toEqual([]);
  });
});
