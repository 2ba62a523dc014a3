/** A host and its port; an IPv6 address stands without brackets. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** A host name or an IP address, IPv6 without brackets. */
export const isHost = (text: string): boolean => /^[\w.:%-]+$/.test(text);

/** Reads `host`, `host:port` or `[ipv6]:port`; null when it is none of them. */
export const parseHostPort = (text: string, defaultPort: number): HostPort | null => {
  const [, bracketed, name, portText] = /^(?:\[([0-9a-fA-F:.]+(?:%\w+)?)\]|([\w.-]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = bracketed ?? name;
  const port = portText === undefined ? defaultPort : Number(portText);
  return host === undefined || port < 1 || port > 65_535 ? null : { host, port };
};

const isUrlOf = (text: string, protocols: readonly string[]): boolean => {
  const url = URL.canParse(text) ? new URL(text) : null;
  return url !== null && protocols.includes(url.protocol) && url.hostname !== '';
};

export const isHttpUrl = (text: string): boolean => isUrlOf(text, ['http:', 'https:']);

/** `redis://[user:password@]host[:port][/db]`, or `rediss://` for TLS. */
export const isRedisUrl = (text: string): boolean =>
  isUrlOf(text, ['redis:', 'rediss:']) && /^\/?\d*$/.test(new URL(text).pathname);
