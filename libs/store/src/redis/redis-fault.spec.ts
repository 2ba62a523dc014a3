import { describe, expect, it } from '@jest/globals';
import { StoreUnavailableError } from '../store-unavailable.error.js';
import { toRedisFault } from './redis-fault.js';

const reply = (message: string): Error => Object.assign(new Error(message), { name: 'ReplyError' });

describe('toRedisFault', () => {
  it.each([
    new Error('Connection is closed.'),
    new Error('Command timed out'),
    new Error("Stream isn't writeable and enableOfflineQueue options is false"),
    Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }),
    Object.assign(new Error('Reached the max retries per request limit'), { name: 'MaxRetriesPerRequestError' }),
    reply('LOADING Redis is loading the dataset in memory'),
    reply('MISCONF Redis is configured to save RDB snapshots'),
    reply("READONLY You can't write against a read only replica."),
    reply("OOM command not allowed when used memory > 'maxmemory'."),
  ])('tells of a store that is away: %s', (error) => {
    const sut = toRedisFault('get', error);
    expect(sut).toBeInstanceOf(StoreUnavailableError);
    expect(sut.message).toContain(error.message);
    expect(sut.message).not.toMatch(/\.\.$/);
    expect(sut.cause).toBe(error);
  });

  it.each([
    reply('WRONGTYPE Operation'),
    reply('ERR value'),
    reply('NOSCRIPT No'),
    reply('NOAUTH'),
    reply('READONLYX'),
  ])('leaves a refusal as it is: %s', (error) => {
    expect(toRedisFault('get', error)).toBe(error);
  });

  it('leaves the errors of the set-up to the client, and tells nothing twice', () => {
    const loading = reply('LOADING Redis is loading');
    expect(toRedisFault('info', loading)).toBe(loading);
    const told = new StoreUnavailableError('away');
    expect(toRedisFault('get', told)).toBe(told);
  });
});
