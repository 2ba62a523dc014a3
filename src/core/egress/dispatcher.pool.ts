import { lookup as dnsLookup, type LookupAddress, type LookupOptions } from 'node:dns';
import { isIP } from 'node:net';
import type { AccountProxy } from '@crs/extension-api';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Agent, type Dispatcher, ProxyAgent, Socks5ProxyAgent } from 'undici';
import { AppConfig } from '../config/app-config.js';
import { isPrivateAddress } from './address-guard.js';
import { BlockedAddressError } from './egress-error.js';

const CONNECT_TIMEOUT_MS = 10_000;
/** Two connections stand behind each other; DEFAULT_PROXY_TIMEOUT may shorten it. */
const PROXY_CONNECT_TIMEOUT_MS = 30_000;
const CLOSE_TIMEOUT_MS = 5_000;
/** Proxies come and go with the accounts; the pool that was used longest ago is closed beyond this many. */
const MAX_PROXIES = 256;

/** What every pool has in common. */
type PoolOptions = Readonly<
  Record<'connections' | 'bodyTimeout' | 'headersTimeout' | 'keepAliveTimeout', number> & { allowH2: false }
>;

type LookupCallback = (error: Error | null, address: string | LookupAddress[], family?: number) => void;

/** Resolves a name and refuses it when any of its addresses is private: the check sees what the socket will connect to. */
function guardedLookup(hostname: string, options: LookupOptions, callback: LookupCallback): void {
  dnsLookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) {
      callback(error, []);
      return;
    }
    const blocked = addresses.some(({ address }) => isPrivateAddress(address));
    const first = addresses[0];
    if (blocked || first === undefined)
      callback(new BlockedAddressError(`${hostname} resolves to a private address`), []);
    else if (options.all === true) callback(null, addresses);
    else callback(null, first.address, first.family);
  });
}

/**
 * Connections to upstreams: one dispatcher for direct ones and one per proxy, each keeping its own pool per origin.
 * HTTP/1.1 with keep-alive. The client's own timeouts are off: attempts keep their own clocks.
 */
@Injectable()
export class DispatcherPool implements OnApplicationShutdown {
  private direct: Dispatcher | null = null;
  private readonly proxied = new Map<string, Dispatcher>();

  constructor(private readonly config: AppConfig) {}

  /** Refuses an address that can be judged without a look-up; names are judged when they are resolved. */
  assertAllowed(url: URL): void {
    const host = url.hostname.replace(/^\[|\]$/g, '');
    if (!this.config.egress.allowPrivateUpstreams && isIP(host) !== 0 && isPrivateAddress(host)) {
      throw new BlockedAddressError(`${host} is a private address`);
    }
  }

  get(proxy: AccountProxy | null): Dispatcher {
    if (proxy === null) return (this.direct ??= this.createDirect());
    const key = JSON.stringify([proxy.type, proxy.host, proxy.port, proxy.username ?? '', proxy.password ?? '']);
    const known = this.proxied.get(key);
    const dispatcher = known ?? this.createProxied(proxy);
    this.proxied.delete(key);
    this.proxied.set(key, dispatcher);
    this.closeOldest();
    return dispatcher;
  }

  /** Requests that may be on their way to one upstream at the same time; the others wait. */
  maxRequests(proxy: AccountProxy | null): number {
    const { maxSockets, proxyMaxSockets } = this.config.egress;
    return proxy === null ? maxSockets : (proxyMaxSockets ?? maxSockets);
  }

  async onApplicationShutdown(): Promise<void> {
    const all = [...this.proxied.values(), ...(this.direct === null ? [] : [this.direct])];
    this.proxied.clear();
    this.direct = null;
    await Promise.allSettled(all.map((dispatcher) => closeWithin(dispatcher, CLOSE_TIMEOUT_MS)));
  }

  private createDirect(): Agent {
    const { allowPrivateUpstreams } = this.config.egress;
    const lookup = allowPrivateUpstreams ? {} : { lookup: guardedLookup };
    return new Agent({ ...this.options(this.maxRequests(null)), connect: { timeout: CONNECT_TIMEOUT_MS, ...lookup } });
  }

  private options(connections: number): PoolOptions {
    const keepAliveTimeout = this.config.egress.freeSocketTimeoutMs;
    return { allowH2: false, connections, bodyTimeout: 0, headersTimeout: 0, keepAliveTimeout };
  }

  private createProxied(proxy: AccountProxy): Dispatcher {
    const { proxyUseIpv4, proxyKeepAlive, proxyTimeoutMs } = this.config.egress;
    const timeout = Math.min(PROXY_CONNECT_TIMEOUT_MS, proxyTimeoutMs);
    const family = proxyUseIpv4 ? { family: 4 } : {};
    const shared = {
      ...this.options(this.maxRequests(proxy)),
      connectTimeout: timeout,
      ...(proxyKeepAlive ? {} : { pipelining: 0 }),
    };
    const host = isIP(proxy.host) === 6 ? `[${proxy.host}]` : proxy.host;
    const address = `${proxy.type}://${host}:${String(proxy.port)}`;
    if (proxy.type === 'socks5') {
      return new Socks5ProxyAgent(address, {
        ...shared,
        ...(proxy.username === undefined ? {} : { username: proxy.username, password: proxy.password ?? '' }),
      });
    }
    const credentials = `${proxy.username ?? ''}:${proxy.password ?? ''}`;
    return new ProxyAgent({
      ...shared,
      uri: address,
      // Plain-text targets are tunnelled too: an absolute-form request would show the upstream key to the proxy.
      proxyTunnel: true,
      proxyTls: { timeout, ...family },
      requestTls: { timeout },
      ...(proxy.username === undefined ? {} : { token: `Basic ${Buffer.from(credentials).toString('base64')}` }),
    });
  }

  private closeOldest(): void {
    for (const [key, dispatcher] of this.proxied) {
      if (this.proxied.size <= MAX_PROXIES) return;
      this.proxied.delete(key);
      // Requests that still run on it finish first.
      void dispatcher.close().catch(() => undefined);
    }
  }
}

async function closeWithin(dispatcher: Dispatcher, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
    timer.unref();
  });
  await Promise.race([dispatcher.close(), late]);
  clearTimeout(timer);
  if (!dispatcherIsClosed(dispatcher)) await dispatcher.destroy();
}

function dispatcherIsClosed(dispatcher: Dispatcher): boolean {
  return 'destroyed' in dispatcher && dispatcher.destroyed === true;
}
