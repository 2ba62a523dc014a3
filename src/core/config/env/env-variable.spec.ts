import 'reflect-metadata';
import { describe, expect, it } from '@jest/globals';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { EnvInteger, EnvList, EnvSecret, envVariablesOf } from './env-variable.js';

class Sample {
  @EnvInteger({ default: null, min: 1, max: 9, hint: 'things' })
  readonly COUNT!: number | null;

  @EnvSecret({ default: 'known', accepts: (text) => text !== 'bad', allowed: 'a good one' })
  readonly WORD!: string;

  @EnvList({ default: 'a,b' })
  readonly NAMES!: readonly string[];

  @EnvList({ separator: '|', most: 2, allowed: 'at most two' })
  readonly FEW!: readonly string[];
}

describe('an environment variable', () => {
  it('is described by what it is declared with, in order', () => {
    expect(envVariablesOf(Sample)).toEqual([
      {
        name: 'COUNT',
        defaultText: '',
        allowed: 'a whole number from 1 to 9 (things)',
        secret: false,
        zeroIsDefault: false,
      },
      { name: 'WORD', defaultText: 'known', allowed: 'a good one', secret: true, zeroIsDefault: false },
      {
        name: 'NAMES',
        defaultText: 'a,b',
        allowed: 'texts separated by commas',
        secret: false,
        zeroIsDefault: false,
      },
      { name: 'FEW', defaultText: '', allowed: 'at most two', secret: false, zeroIsDefault: false },
    ]);
    expect(envVariablesOf(Date)).toEqual([]);
  });

  it('has its default when unset', () => {
    const sut = plainToInstance(Sample, { COUNT: undefined, WORD: undefined, NAMES: undefined, FEW: undefined });
    expect(sut).toEqual({ COUNT: null, WORD: 'known', NAMES: ['a', 'b'], FEW: [] });
    expect(validateSync(sut)).toEqual([]);
  });

  it('may be a list with a separator of its own and a bound', () => {
    const read = (FEW: string) => plainToInstance(Sample, { COUNT: undefined, WORD: undefined, NAMES: undefined, FEW });
    expect(read(' a, b | c |').FEW).toEqual(['a, b', 'c']);
    expect(validateSync(read('a|b'))).toEqual([]);
    expect(validateSync(read('a|b|c')).map((error) => error.property)).toEqual(['FEW']);
  });

  it('is refused when a validator says so, and when it is no text at all', () => {
    const sut = Object.assign(new Sample(), { COUNT: 10, WORD: 'bad', NAMES: [1], FEW: [] });
    expect(validateSync(sut).map((error) => error.property)).toEqual(['COUNT', 'WORD', 'NAMES']);
  });
});
