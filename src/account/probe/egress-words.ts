import type { AccountProxy } from '@crs/extension-api';
import type { EgressError } from '../../core/egress/egress-error.js';

/** Where a request was meant to go. */
export interface Way {
  readonly target: URL;
  readonly proxy: AccountProxy | null;
}

/** What broke below HTTP, for an administrator. */
export interface FaultWords {
  /** Who has to be looked at: the proxy on the way, or the upstream behind it. */
  readonly at: 'proxy' | 'target';
  readonly message: string;
}

/** What the rules look at. */
interface Fault {
  readonly kind: EgressError['fault'];
  /** Of the HTTP client or the system; empty when there is none. */
  readonly code: string;
  /** What the proxy answered instead of opening a tunnel; null = no HTTP answer. */
  readonly tunnelStatus: number | null;
  /** Host, and port unless it is the usual one. */
  readonly target: string;
}

interface Saying<Context> {
  readonly at: FaultWords['at'];
  readonly say: (fault: Fault, context: Context) => string;
}

interface Rule<Context> extends Saying<Context> {
  readonly when: (fault: Fault, context: Context) => boolean;
}

const TIMEOUT_CODES = new Set(['UND_ERR_CONNECT_TIMEOUT', 'ETIMEDOUT']);

/** The answers of a SOCKS5 proxy (RFC 1928, section 6) that speak of the target. */
const SOCKS_TARGET_REPLIES: Readonly<Record<string, string>> = {
  UND_ERR_SOCKS5_REPLY_1: 'general failure',
  UND_ERR_SOCKS5_REPLY_3: 'network unreachable',
  UND_ERR_SOCKS5_REPLY_4: 'host unreachable',
  UND_ERR_SOCKS5_REPLY_5: 'connection refused',
  UND_ERR_SOCKS5_REPLY_6: 'no answer in time',
};

const withCode = (text: string, { code }: Fault): string => (code === '' ? text : `${text} (${code})`);

/** Without a proxy. The first rule that fits speaks. */
const DIRECT: readonly Rule<null>[] = [
  {
    when: ({ code }) => code === 'EGRESS_BLOCKED_ADDRESS',
    at: 'target',
    say: ({ target }) => `${target} leads to a private address; ALLOW_PRIVATE_UPSTREAMS=true allows that.`,
  },
  { when: ({ kind }) => kind === 'dns', at: 'target', say: ({ target }) => `The name ${target} was not found.` },
  {
    when: ({ code }) => code === 'ECONNREFUSED',
    at: 'target',
    say: ({ target }) => `${target} refused the connection. Nothing listens there, or a firewall stands before it.`,
  },
  {
    when: ({ code }) => TIMEOUT_CODES.has(code),
    at: 'target',
    say: ({ target }) => `${target} did not take the connection in time.`,
  },
  {
    when: ({ kind }) => kind === 'connect',
    at: 'target',
    say: (fault) => withCode(`${fault.target} cannot be reached.`, fault),
  },
  {
    when: ({ kind }) => kind === 'tls',
    at: 'target',
    say: (fault) => withCode(`No secure connection (TLS) to ${fault.target} came about.`, fault),
  },
  {
    when: ({ kind }) => kind === 'garbage',
    at: 'target',
    say: ({ target }) => `What answers at ${target} does not speak HTTP.`,
  },
];
const DIRECT_BREAK: Saying<null> = {
  at: 'target',
  say: (fault) => withCode(`${fault.target} broke the connection off before it answered.`, fault),
};

const isLogin = ({ code, tunnelStatus }: Fault, { type }: AccountProxy): boolean =>
  tunnelStatus === 407 ||
  code.startsWith('UND_ERR_SOCKS5_AUTH') ||
  // The proxy insists on a user name and a password, and one of them was not given.
  (type === 'socks5' && code === 'UND_ERR_INVALID_ARG');

/** Through a proxy: whoever is connected to directly is the proxy. */
const PROXIED: readonly Rule<AccountProxy>[] = [
  {
    when: isLogin,
    at: 'proxy',
    say: (_fault, { username }) =>
      username === undefined
        ? 'The proxy wants a user name and a password, and none is set.'
        : 'The proxy refused the user name or the password.',
  },
  {
    when: ({ tunnelStatus }) => tunnelStatus !== null && tunnelStatus >= 500,
    at: 'target',
    say: ({ tunnelStatus, target }) => `The proxy answered ${String(tunnelStatus)}: it cannot reach ${target}.`,
  },
  {
    when: ({ tunnelStatus }) => tunnelStatus !== null,
    at: 'proxy',
    say: ({ tunnelStatus, target }) =>
      `The proxy answered ${String(tunnelStatus)} and opened no tunnel to ${target}: its rules do not allow it, or it is no proxy.`,
  },
  {
    when: ({ code }) => Object.hasOwn(SOCKS_TARGET_REPLIES, code),
    at: 'target',
    say: ({ code, target }) => `The proxy cannot reach ${target}: ${String(SOCKS_TARGET_REPLIES[code])}.`,
  },
  {
    when: ({ code }) => code.startsWith('UND_ERR_SOCKS5_REPLY_'),
    at: 'proxy',
    say: (fault) => withCode(`The proxy refuses to connect to ${fault.target}.`, fault),
  },
  {
    when: ({ code, kind }) => code.startsWith('UND_ERR_SOCKS5') || kind === 'garbage',
    at: 'proxy',
    say: (_fault, { type, host }) => `What answers at ${host} is no ${type} proxy. Check type and port.`,
  },
  {
    when: ({ kind }) => kind === 'dns',
    at: 'proxy',
    say: (_fault, { host }) => `The name of the proxy, ${host}, was not found.`,
  },
  { when: ({ code }) => code === 'ERR_INVALID_URL', at: 'proxy', say: (_fault, { host }) => `${host} is no host.` },
  {
    when: ({ code }) => code === 'ECONNREFUSED',
    at: 'proxy',
    say: () => 'The proxy refused the connection. Nothing listens there, or a firewall stands before it.',
  },
  {
    when: ({ code }) => TIMEOUT_CODES.has(code),
    at: 'proxy',
    say: ({ target }) => `The proxy did not open a connection to ${target} in time.`,
  },
  {
    when: ({ kind }) => kind === 'connect',
    at: 'proxy',
    say: (fault) => withCode('The proxy cannot be reached.', fault),
  },
  {
    when: ({ kind }, { type }) => kind === 'tls' && type === 'https',
    at: 'proxy',
    say: (fault) =>
      withCode(
        `No secure connection (TLS) to the proxy, or through it to ${fault.target}, came about. A proxy that is spoken to in plain text has the type http.`,
        fault,
      ),
  },
  {
    when: ({ kind }) => kind === 'tls',
    at: 'target',
    say: (fault) => withCode(`No secure connection (TLS) to ${fault.target} came about through the proxy.`, fault),
  },
];
const PROXIED_BREAK: Saying<AccountProxy> = {
  at: 'proxy',
  say: (fault) =>
    withCode(
      `The connection through the proxy broke off: the proxy cannot reach ${fault.target}, or it is of another type.`,
      fault,
    ),
};

/** Says in words what broke, and on whose side. Never holds a user name or a password. */
export function explainFault({ fault: kind, cause }: EgressError, { target, proxy }: Way): FaultWords {
  const code = memberOf(cause, 'code');
  const fault: Fault = { kind, code, tunnelStatus: tunnelStatusOf(cause), target: target.host };
  return proxy === null || code === 'EGRESS_BLOCKED_ADDRESS'
    ? toWords(DIRECT.find(({ when }) => when(fault, null)) ?? DIRECT_BREAK, fault, null)
    : toWords(PROXIED.find(({ when }) => when(fault, proxy)) ?? PROXIED_BREAK, fault, proxy);
}

const toWords = <Context>({ at, say }: Saying<Context>, fault: Fault, context: Context): FaultWords => ({
  at,
  message: say(fault, context),
});

const memberOf = (value: unknown, name: 'code' | 'message'): string => {
  const member = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
  return typeof member === 'string' ? member : '';
};

/** The HTTP client gives the status of a refused tunnel in its text only. */
function tunnelStatusOf(cause: unknown): number | null {
  if (memberOf(cause, 'code') !== 'UND_ERR_ABORTED') return null;
  const status = /\((\d{3})\)/.exec(memberOf(cause, 'message'))?.[1];
  return status === undefined ? null : Number(status);
}
