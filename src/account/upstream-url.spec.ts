import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { findUrlFault, isMetadataHost } from './upstream-url.js';

const METADATA = 'must not lead to a link-local or cloud metadata address';
const PRIVATE = 'must not lead to a private, loopback or link-local address';

type Octets = readonly [number, number, number, number];

const octet = fc.nat({ max: 255 });
const toNumber = (octets: readonly number[]): number => octets.reduce((sum, part) => sum * 256 + part, 0);
const toHextets = ([a, b, c, d]: Octets): string => `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;

/** A number as a URL may spell it. */
const numeral = (value: number): fc.Arbitrary<string> =>
  fc.constantFrom(
    String(value),
    `0${value.toString(8)}`,
    `000${value.toString(8)}`,
    `0x${value.toString(16)}`,
    `0X00${value.toString(16).toUpperCase()}`,
  );

/** The four numbers, or fewer of which the last one holds the rest. */
const numerals = (octets: Octets): fc.Arbitrary<string> =>
  fc
    .integer({ min: 1, max: 4 })
    .chain((parts) => {
      const values = [...octets.slice(0, parts - 1), toNumber(octets.slice(parts - 1))];
      return fc.tuple(...values.map(numeral));
    })
    .map((parts) => parts.join('.'));

const fullWidth = (text: string): string =>
  text.replace(/[0-9]/g, (digit) => String.fromCharCode(0xff10 + Number(digit)));
const percent = (text: string): string => text.replace(/[0-9]/g, (digit) => `%${digit.charCodeAt(0).toString(16)}`);

/** An IPv4 address in some spelling that a URL can have. */
const spelled = (octets: Octets): fc.Arbitrary<string> => {
  const hextets = toHextets(octets);
  const dotted = octets.join('.');
  return fc.oneof(
    numerals(octets),
    numerals(octets).map(fullWidth),
    numerals(octets).map(percent),
    numerals(octets).map((text) => `${text}.`),
    fc.constantFrom(
      `[::ffff:${dotted}]`,
      `[::ffff:${hextets}]`,
      `[0:0:0:0:0:FFFF:${hextets}]`,
      `[::${hextets}]`,
      `[64:ff9b::${hextets}]`,
      `[2002:${hextets}::]`,
    ),
  );
};

const withSpelling = (octets: fc.Arbitrary<Octets>): fc.Arbitrary<string> =>
  octets
    .chain(spelled)
    .chain((host) => fc.constantFrom(`http://${host}`, `HTTPS://${host}:8443/latest/meta-data`, `https://${host}/`));

describe('findUrlFault', () => {
  it.each([
    'https://api.anthropic.com',
    'https://api.example.com./v1',
    'https://api.example.com/v1/messages/',
    'https://api.example.com/@scope/v1',
    'http://8.8.8.8:8080/path',
    'https://[2606:4700::1111]/v1',
    'https://bücher.example/a%20b',
    'https://localhost.example.com',
    'https://mylocal/',
  ])('takes %s', (text) => {
    expect(findUrlFault(text, false)).toBeNull();
  });

  it.each([
    ['', 'must be a whole address'],
    ['api.example.com', 'must be a whole address'],
    ['https://', 'must be a whole address'],
    ['https://a.example:99999', 'must be a whole address'],
    ['https:a.example', 'with two slashes'],
    ['https:/a.example', 'with two slashes'],
    ['https:///a.example', 'with two slashes'],
    ['https:\\\\a.example', 'with two slashes'],
    ['https://a.example\\b', 'with two slashes and no backslash'],
    ['ftp://a.example', 'must begin with http:// or https://'],
    ['file:///etc/passwd', 'must begin with http:// or https://'],
    ['ws://a.example', 'must begin with http:// or https://'],
    ['javascript:alert(1)', 'must begin with http:// or https://'],
    ['https://user@a.example', 'must not contain a user name or password'],
    ['https://:pass@a.example', 'must not contain a user name or password'],
    ['https://@a.example', 'must not contain a user name or password'],
    ['https://:@a.example', 'must not contain a user name or password'],
    ['https://a.example/?x=1', 'must not contain a query'],
    ['https://a.example/?', 'must not contain a query'],
    ['https://a.example/#top', 'must not contain a fragment'],
    ['https://a.example/#', 'must not contain a fragment'],
    ['https://a.example/a b', 'must not contain spaces'],
    ['https://a.exam\nple', 'must not contain spaces'],
    ['https://a.example/\u0000', 'must not contain spaces'],
  ])('refuses %j', (text, fault) => {
    expect(findUrlFault(text, true)).toContain(fault);
  });

  it.each([
    'http://127.0.0.1:8080',
    'http://localhost',
    'http://LOCALHOST./',
    'http://localhost../',
    'http://api.localhost',
    'http://loc%61lhost',
    'http://local\u00adhost',
    'http://localhost.localdomain',
    'http://ip6-localhost',
    'http://printer.local',
    'http://10.1.2.3',
    'http://192.168.0.1',
    'http://host.docker.internal/',
    'http://[::1]/',
    'http://[0:0:0:0:0:0:0:1]/',
    'http://[::ffff:10.0.0.1]/',
    'http://[fd00::1]/',
    'http://0x7f.1/',
    'http://2130706433/',
    'http://0177.0.0.1/',
    'http://0/',
  ])('refuses %s unless private upstreams are allowed', (text) => {
    expect(findUrlFault(text, false)).toContain(PRIVATE);
    expect(findUrlFault(text, true)).toBeNull();
  });

  it.each([
    'http://169.254.169.254/latest/meta-data',
    'http://169.254.169.254./',
    'http://169.254.0.1',
    'http://[fe80::1]/',
    'http://[febf::1]/',
    'http://[fd00:ec2::254]/',
    'http://[fd20:ce::254]/',
    'http://100.100.100.200/',
    'http://168.63.129.16/',
    'http://192.0.0.192/',
    'http://metadata.google.internal/',
    'http://METADATA.google.internal./computeMetadata/v1',
    'http://metadata.goog/',
    'http://metadata/',
    'http://instance-data/',
    'http://instance-data.ec2.internal/',
  ])('refuses %s, whether private upstreams are allowed or not', (text) => {
    expect(findUrlFault(text, false)).toContain(METADATA);
    expect(findUrlFault(text, true)).toContain(METADATA);
  });

  it('refuses a link-local address however it is spelled', () => {
    const linkLocal = fc.tuple(octet, octet).map(([c, d]): Octets => [169, 254, c, d]);
    fc.assert(
      fc.property(withSpelling(linkLocal), fc.boolean(), (text, allowPrivate) => {
        expect([text, findUrlFault(text, allowPrivate)]).toEqual([text, expect.stringContaining(METADATA)]);
      }),
      { numRuns: 1000 },
    );
  });

  it('refuses a private address however it is spelled, unless they are allowed', () => {
    const isPrivate = fc.constantFrom<readonly [number, number]>([10, 0], [127, 0], [172, 16], [192, 168]);
    const addresses = fc.tuple(isPrivate, octet, octet).map(([[a, b], c, d]): Octets => [a, b, c, d]);
    fc.assert(
      fc.property(withSpelling(addresses), (text) => {
        expect([text, findUrlFault(text, false)]).toEqual([text, expect.stringContaining(PRIVATE)]);
        expect([text, findUrlFault(text, true)]).toEqual([text, null]);
      }),
      { numRuns: 1000 },
    );
  });

  it('takes a public address however it is spelled', () => {
    const addresses = fc.tuple(fc.constantFrom(1, 8, 93, 203), octet, octet, octet);
    const spellings = addresses.map((octets): Octets => octets).chain(numerals);
    fc.assert(
      fc.property(spellings, (host) => {
        expect([host, findUrlFault(`https://${host}/v1`, false)]).toEqual([host, null]);
      }),
    );
  });

  it('takes nothing that is no address with a host', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.webUrl({ withFragments: true, withQueryParameters: true })), (text) => {
        if (findUrlFault(text, true) !== null) return;
        const url = new URL(text);
        expect([url.username, url.password, url.search, url.hash]).toEqual(['', '', '', '']);
        expect(url.hostname).not.toBe('');
      }),
    );
  });
});

describe('isMetadataHost', () => {
  it.each([
    '169.254.169.254',
    '169.254.1.2',
    '100.100.100.200',
    'fe80::1',
    '[FE80::1]',
    'fe80::1%eth0',
    '::ffff:169.254.169.254',
    '[::ffff:a9fe:a9fe]',
    '64:ff9b::169.254.169.254',
    '::169.254.169.254',
    '[2002:a9fe:a9fe::]',
    'fd00:ec2::254',
    'metadata.google.internal',
    'METADATA.google.internal.',
    'metadata',
    'Instance-Data',
  ])('is true of %s', (host) => {
    expect(isMetadataHost(host)).toBe(true);
  });

  it.each(['127.0.0.1', '::1', '[::1]', '10.0.0.1', 'fd00::1', 'localhost', 'proxy.internal', 'metadata.example.com'])(
    'is false of %s',
    (host) => {
      expect(isMetadataHost(host)).toBe(false);
    },
  );
});
