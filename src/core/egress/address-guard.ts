import { BlockList, isIP } from 'node:net';

/** Networks that are not the public internet: loopback, private, carrier, link-local (cloud metadata), test, multicast. */
const IPV4_NETWORKS: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];

/**
 * `::/96` holds the unspecified address, loopback and IPv4-compatible addresses. The last ones carry an IPv4 address
 * inside (NAT64, 6to4) and would reach a private one through a gateway.
 */
const IPV6_NETWORKS: readonly (readonly [string, number])[] = [
  ['::', 96],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['2002::', 16],
];

const blocked = new BlockList();
for (const [network, prefix] of IPV4_NETWORKS) blocked.addSubnet(network, prefix, 'ipv4');
for (const [network, prefix] of IPV6_NETWORKS) blocked.addSubnet(network, prefix, 'ipv6');

/**
 * Whether a host as it stands in an address (a literal IP, with or without brackets, or a name) is certainly not
 * public. A name that must be resolved first is judged by its addresses when a connection is made.
 */
export function isPrivateAddress(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase();
  const family = isIP(bare);
  if (family === 4) return blocked.check(bare, 'ipv4');
  // BlockList judges an IPv4-mapped address (::ffff:10.0.0.1) by its IPv4 networks.
  if (family === 6) return blocked.check(bare, 'ipv6');
  return bare === 'localhost' || bare.endsWith('.localhost') || bare.endsWith('.internal');
}
