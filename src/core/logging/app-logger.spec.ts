import { describe, expect, it } from '@jest/globals';
import { testConfig } from '../../../test/support/test-config.js';
import { createAppLogger } from './app-logger.js';

const lines: Record<string, unknown>[] = [];
// One logger for the file: the library keeps one for the process.
const sut = createAppLogger(testConfig({ logLevel: 'trace' }), {
  write: (text: string) => void lines.push(JSON.parse(text) as Record<string, unknown>),
});
const written = (): unknown[] => lines.splice(0).map(({ level, context, msg }) => [level, context, msg]);

describe('createAppLogger', () => {
  it.each(['InstanceLoader', 'NestApplication', 'NestFactory', 'RouterExplorer', 'RoutesResolver'])(
    'keeps what %s tells of the wiring for debugging',
    (context) => {
      sut.log('wired', context);
      expect(written()).toEqual([['debug', context, 'wired']]);
    },
  );

  it('writes everything else as it is', () => {
    sut.verbose?.('one', 'Other');
    sut.debug?.('two', 'Other');
    sut.log('three', 'Other');
    sut.warn('four', 'NestFactory');
    sut.error('five', 'Other');
    sut.fatal?.('six', 'Other');
    expect(written()).toEqual([
      ['trace', 'Other', 'one'],
      ['debug', 'Other', 'two'],
      ['info', 'Other', 'three'],
      ['warn', 'NestFactory', 'four'],
      ['error', 'Other', 'five'],
      ['fatal', 'Other', 'six'],
    ]);
  });

  it('leaves what stops a start to whoever starts', () => {
    sut.error(new Error('no'), 'ExceptionHandler');
    sut.error(new Error('no'), undefined, 'ExceptionHandler');
    expect(written()).toEqual([]);
  });
});
