export type EgressFault = 'dns' | 'connect' | 'tls' | 'proxy' | 'reset' | 'garbage' | 'aborted';

/** An exchange that broke below HTTP. The message is for logs and the attempt log; it holds no address with credentials. */
export class EgressError extends Error {
  override readonly name = 'EgressError';

  constructor(
    readonly fault: EgressFault,
    message: string,
    options: { readonly cause?: unknown } = {},
    /** The request was never put on a connection, because all that the configuration allows were taken. */
    readonly wasQueued = false,
  ) {
    super(message, options);
  }
}

/** An upstream that resolves to an address which the configuration does not allow. */
export class BlockedAddressError extends Error {
  override readonly name = 'BlockedAddressError';
  readonly code = 'EGRESS_BLOCKED_ADDRESS';
}

/** What ends an exchange whose caller has given up. */
export function toAbortError(signal: AbortSignal, wasQueued = false): EgressError {
  return new EgressError('aborted', 'The exchange was given up', { cause: signal.reason }, wasQueued);
}

const BY_CODE: Readonly<Record<string, EgressFault>> = {
  ENOTFOUND: 'dns',
  EAI_AGAIN: 'dns',
  EAI_FAIL: 'dns',
  ENODATA: 'dns',
  ECONNREFUSED: 'connect',
  EHOSTUNREACH: 'connect',
  ENETUNREACH: 'connect',
  ETIMEDOUT: 'connect',
  EADDRNOTAVAIL: 'connect',
  UND_ERR_CONNECT_TIMEOUT: 'connect',
  EGRESS_BLOCKED_ADDRESS: 'connect',
  UND_ERR_PRX_TLS: 'proxy',
  UND_ERR_PRX_CONN: 'proxy',
  UND_ERR_INVALID_ARG: 'proxy',
  UND_ERR_HEADERS_OVERFLOW: 'garbage',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'reset',
  UND_ERR_SOCKET: 'reset',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  EPROTO: 'tls',
};

/** Prefixes of families of codes; the first that fits decides. */
const BY_PREFIX: readonly (readonly [prefix: string, fault: EgressFault])[] = [
  ['ERR_TLS', 'tls'],
  ['ERR_SSL', 'tls'],
  ['CERT_', 'tls'],
  ['UNABLE_TO_', 'tls'],
  ['SELF_SIGNED', 'tls'],
  ['DEPTH_ZERO', 'tls'],
  ['HOSTNAME_MISMATCH', 'tls'],
  ['UND_ERR_SOCKS5', 'proxy'],
];

function codeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  if (typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string')
    return error.code;
  return '';
}

/**
 * What kind of fault an error of the HTTP client is. An error that it does not name counts as a reset: something below
 * HTTP broke, and another account may answer.
 */
export function toEgressError(error: unknown, viaProxy: boolean): EgressError {
  if (error instanceof EgressError) return error;
  const code = codeOf(error);
  const message = error instanceof Error ? error.message : String(error);
  // The parser's errors do not always carry a code.
  if (error instanceof Error && error.name === 'HTTPParserError')
    return new EgressError('garbage', message, { cause: error });
  const family = BY_PREFIX.find(([prefix]) => code.startsWith(prefix));
  const named = BY_CODE[code] ?? family?.[1];
  // The proxy's refusal of a tunnel reaches us as an aborted CONNECT; the caller's own aborts never come this way.
  const fault = named ?? (viaProxy && (code === 'UND_ERR_ABORTED' || /proxy|socks/i.test(message)) ? 'proxy' : 'reset');
  return new EgressError(fault, code === '' ? message : `${code}: ${message}`, { cause: error });
}
