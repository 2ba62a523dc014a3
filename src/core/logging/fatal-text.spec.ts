import { describe, expect, it } from '@jest/globals';
import { StoreConnectionError, StoreFileError } from '@crs/store';
import { ConfigError } from '../config/config-error.js';
import { describeFatal } from './fatal-text.js';

const NOW = new Date('2026-11-23T04:22:30.053Z');
const listenFault = (code: string): Error =>
  Object.assign(new Error(`listen ${code}: no 0.0.0.0:80`), { code, syscall: 'listen' });

describe('describeFatal', () => {
  it.each<[unknown, string]>([
    [new ConfigError('PORT: "x" is not allowed'), 'PORT: "x" is not allowed'],
    [new StoreConnectionError('Redis at a:1 cannot be used: refused.'), 'Redis at a:1 cannot be used: refused.'],
    [new StoreFileError('The file is in use..'), 'The file is in use.'],
    [
      listenFault('EADDRINUSE'),
      'Cannot listen: listen EADDRINUSE: no 0.0.0.0:80; is the gateway running already? Set PORT to another one.',
    ],
    [listenFault('EACCES'), 'Cannot listen: listen EACCES: no 0.0.0.0:80; set PORT to one above 1023.'],
  ])('explains in one sentence and without a stack: %s', (error, text) => {
    expect(describeFatal(error, NOW)).toEqual({ logLine: null, text });
  });

  it.each<[unknown, string, string]>([
    [new TypeError('broken.', { cause: new Error('why') }), 'The gateway cannot run: broken.', 'TypeError'],
    [listenFault('EOTHER'), 'The gateway cannot run: listen EOTHER: no 0.0.0.0:80.', 'Error'],
    [Object.assign(new Error('open'), { code: 'EACCES' }), 'The gateway cannot run: open.', 'Error'],
    ['thrown text', 'The gateway cannot run: thrown text.', 'string'],
  ])('adds one line for the log about what nobody foresaw: %s', (error, text, name) => {
    const sut = describeFatal(error, NOW);
    expect(sut.text).toBe(text);
    expect(sut.logLine).not.toContain('\n');
    expect(JSON.parse(sut.logLine ?? '')).toMatchObject({ level: 'fatal', time: NOW.toISOString(), error: { name } });
  });
});
