import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { modelOfField, partsOfWasteField, tieredFieldOf, tieredFieldsOf } from './roll-up-fields.js';

const anyModel = fc
  .tuple(fc.stringMatching(/^[a-z0-9.:|-]{1,20}$/), fc.constantFrom('', '|', '|fast', '|long', '|fast-long', '|odd'))
  .map((parts) => parts.join(''));

describe('fields of roll-ups', () => {
  it('name a model with or without its price tier', () => {
    fc.assert(
      fc.property(anyModel, (model) => {
        const fields = tieredFieldsOf(model);
        expect(fields).toHaveLength(6);
        expect(fields.map(modelOfField)).toEqual(Array.from({ length: 6 }, () => model));
      }),
    );
    expect(tieredFieldOf('gpt-5', '')).toBe('gpt-5');
    expect(modelOfField('gpt-5')).toBe('gpt-5');
    expect(modelOfField('gpt-5|priority-long')).toBe('gpt-5');
  });

  it('tell a name that ends like a tier from the tier', () => {
    expect(tieredFieldOf('x|fast', '')).toBe('x|fast|');
    expect(tieredFieldOf('x|', '')).toBe('x||');
    expect(tieredFieldOf('x|fast', 'long')).toBe('x|fast|long');
    expect(tieredFieldsOf('x|fast')).not.toContain(tieredFieldOf('x', 'fast'));
  });

  it('are no tier when the name only looks like one', () => {
    expect(modelOfField('a|b')).toBe('a|b');
    expect(modelOfField('|fast')).toBe('|fast');
    expect(modelOfField('a|constructor')).toBe('a|constructor');
  });

  it('of waste name account and model', () => {
    expect(partsOfWasteField('acc|m|odd')).toEqual({ owner: 'acc', model: 'm|odd' });
    expect(partsOfWasteField('|m')).toBeNull();
    expect(partsOfWasteField('acc')).toBeNull();
  });
});
