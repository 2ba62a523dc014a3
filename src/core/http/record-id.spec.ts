import { describe, expect, it } from '@jest/globals';
import { toRecordId } from './record-id.js';

describe('toRecordId', () => {
  it.each(['80cac638-f623-4bed-ac85-8a1a69d6525d', '80CAC638-F623-4BED-AC85-8A1A69D6525D'])('takes %s', (text) => {
    expect(toRecordId(text)).toBe('80cac638-f623-4bed-ac85-8a1a69d6525d');
  });

  it.each([
    '',
    'index',
    '80cac638f6234bedac858a1a69d6525d',
    '80cac638-f623-4bed-ac85-8a1a69d6525d:model',
    ' 80cac638-f623-4bed-ac85-8a1a69d6525d',
    '80cac638-f623-4bed-ac85-8a1a69d6525d\n',
    '80cac638-f623-4bed-ac85-8a1a69d6525g',
  ])('takes no %j', (text) => {
    expect(toRecordId(text)).toBeNull();
  });
});
