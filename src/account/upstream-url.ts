import { BlockList, isIP } from 'node:net';
import { isPrivateAddress } from '../core/egress/address-guard.js';

/**
 * Link-local networks, and addresses outside of them at which clouds hand out the keys of a machine. The last ones carry
 * such an IPv4 address inside.
 */
const METADATA_NETWORKS: readonly (readonly [network: string, prefix: number, family: 'ipv4' | 'ipv6'])[] = [
  ['169.254.0.0', 16, 'ipv4'],
  ['100.100.100.200', 32, 'ipv4'],
  ['168.63.129.16', 32, 'ipv4'],
  ['192.0.0.192', 32, 'ipv4'],
  ['fe80::', 10, 'ipv6'],
  ['fd00:ec2::254', 128, 'ipv6'],
  ['fd20:ce::254', 128, 'ipv6'],
  ['::a9fe:0', 112, 'ipv6'],
  ['64:ff9b::a9fe:0', 112, 'ipv6'],
  ['2002:a9fe::', 32, 'ipv6'],
];

const metadata = new BlockList();
for (const [network, prefix, family] of METADATA_NETWORKS) metadata.addSubnet(network, prefix, family);

const METADATA_NAMES =
  /^(?:metadata|metadata\.google\.internal|metadata\.goog|instance-data|instance-data\.ec2\.internal)$/;
/** What hosts files and local resolvers call this machine and its neighbours. */
const LOCAL_NAMES = /(?:^|\.)(?:localhost6?|localdomain6?|ip6-localhost|ip6-loopback|local)$/;

/** What is wrong with the address of an upstream, in words for an administrator; null = nothing. */
export function findUrlFault(text: string, allowPrivate: boolean): string | null {
  if (/[\s\p{Cc}]/u.test(text)) return 'must not contain spaces or control characters';
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null) return 'must be a whole address such as https://api.example.com';
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return 'must begin with http:// or https://';
  // The parser also takes "http:host", "http:///host" and "http:\\host".
  if (!/^https?:\/\/[^/]/i.test(text) || text.includes('\\')) {
    return 'must be a whole address such as https://api.example.com, with two slashes and no backslash';
  }
  if (/^[^/]*\/\/[^/]*@/.test(text)) return 'must not contain a user name or password; use apiKey';
  if (text.includes('?')) return 'must not contain a query (what follows a ?)';
  if (text.includes('#')) return 'must not contain a fragment (what follows a #)';
  return findHostFault(url.hostname, allowPrivate);
}

/**
 * The host is judged as the parser understood it: however an IP address was spelled (decimal, octal, hexadecimal, short,
 * full-width, percent-encoded), it stands there in its usual form. Names that resolve to such an address are refused
 * when a connection is made.
 */
function findHostFault(hostname: string, allowPrivate: boolean): string | null {
  if (isMetadataHost(hostname)) {
    return `must not lead to a link-local or cloud metadata address (${hostname}): no upstream is there`;
  }
  const host = bareHost(hostname);
  if (!allowPrivate && (isPrivateAddress(host) || LOCAL_NAMES.test(host))) {
    return `must not lead to a private, loopback or link-local address (${hostname}); ALLOW_PRIVATE_UPSTREAMS=true allows it`;
  }
  return null;
}

/**
 * Whether a host leads to a link-local address or to one where clouds hand out the keys of a machine: a name or an IP
 * address in its usual form, with or without brackets, zone, and dots at its end. Names are not resolved.
 */
export function isMetadataHost(host: string): boolean {
  const bare = bareHost(host);
  const family = isIP(bare);
  if (family === 0) return METADATA_NAMES.test(bare);
  // An IPv4-mapped address (::ffff:169.254.169.254) is judged by the IPv4 networks.
  return metadata.check(bare, family === 4 ? 'ipv4' : 'ipv6');
}

const bareHost = (host: string): string => host.toLowerCase().replace(/^\[|%.*$|\]$|\.+$/g, '');
