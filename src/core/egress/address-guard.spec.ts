import { describe, expect, it } from '@jest/globals';
import { isPrivateAddress } from './address-guard.js';

describe('isPrivateAddress', () => {
  it.each([
    '127.0.0.1',
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '169.254.169.254',
    '172.31.255.255',
    '192.168.1.1',
    '224.0.0.1',
    '255.255.255.255',
    '::1',
    '[::1]',
    '::',
    'fd00::1',
    'fe80::1',
    '::ffff:127.0.0.1',
    '::ffff:a00:1',
    '::a00:1',
    '::7f00:1',
    'fec0::1',
    '64:ff9b:1::a00:1',
    '64:ff9b::a00:1',
    '2002:a00:1::',
    'localhost',
    'LOCALHOST',
    'api.localhost',
    'metadata.google.internal',
  ])('%s is private', (host) => {
    expect(isPrivateAddress(host)).toBe(true);
  });

  it.each([
    '1.1.1.1',
    '172.32.0.1',
    '100.128.0.1',
    '2606:4700::1111',
    '::ffff:1.1.1.1',
    'api.example.com',
    'localhost.example.com',
  ])('%s is public', (host) => {
    expect(isPrivateAddress(host)).toBe(false);
  });
});
