import { isIP } from 'node:net';
import type { AccountProxy, ModelMap } from '@crs/extension-api';
import { isMetadataHost } from './upstream-url.js';

export const PROXY_TYPES = ['http', 'https', 'socks5'] as const satisfies readonly AccountProxy['type'][];

/** How a value stands in a hash of texts. `decode` never throws; a missing field is decoded as an empty text. */
export interface Codec<T> {
  decode(text: string): T;
  encode(value: T): string;
}

export const plainText: Codec<string> = { decode: (text) => text, encode: (value) => value };

/** v1 reads anything but the text `true` as no; `schedulable` alone is on unless it is switched off. */
export const offByDefault: Codec<boolean> = { decode: (text) => text === 'true', encode: String };
export const onByDefault: Codec<boolean> = { decode: (text) => text !== 'false', encode: String };

export const wholeNumber = (fallback: number): Codec<number> => ({
  decode: (text) => {
    const value = Number.parseInt(text, 10);
    return Number.isSafeInteger(value) && value >= 0 ? value : fallback;
  },
  encode: String,
});

export const oneOf = <T extends string>(choices: readonly T[], fallback: T): Codec<T> => ({
  decode: (text) => choices.find((choice) => choice === text) ?? fallback,
  encode: (value) => value,
});

export const instant: Codec<Date | null> = {
  decode: (text) => {
    const at = new Date(text);
    return Number.isNaN(at.getTime()) ? null : at;
  },
  encode: (value) => value?.toISOString() ?? '',
};

export const usd: Codec<number> = {
  decode: (text) => {
    const value = Number.parseFloat(text);
    return Number.isFinite(value) && value > 0 ? value : 0;
  },
  encode: String,
};

/** `HH:mm`; what is no time of day is midnight, as it counts. */
export const timeOfDay: Codec<string> = {
  decode: (text) => (/^(?:[01]?\d|2[0-3]):[0-5]\d$/.test(text) ? text.padStart(5, '0') : '00:00'),
  encode: (value) => value,
};

/** Lower is asked first; v1 reads 0 as missing. */
export const priority: Codec<number> = { decode: (text) => wholeNumber(0).decode(text) || 50, encode: String };

/** A list, as v1 once stored it, is an identity map. What is no JSON restricts nothing. */
export const modelMap: Codec<ModelMap> = {
  decode: (text) => toModelMap(parseJson(text)),
  encode: (value) => JSON.stringify(value),
};

/** The map of a JSON value: an object of texts, or a list of names. A name without a target stands for itself. */
export function toModelMap(value: unknown): ModelMap {
  if (typeof value !== 'object' || value === null) return {};
  if (Array.isArray(value)) return Object.fromEntries(value.filter(isFilled).map((name) => [name, name]));
  return Object.fromEntries(Object.entries(value).map(([name, target]) => [name, isFilled(target) ? target : name]));
}

export const proxy: Codec<AccountProxy | null> = {
  decode: (text) => readProxy(text) ?? null,
  encode: (value) => (value === null ? '' : JSON.stringify(value)),
};

const HOST_NAME = /^(?=.{1,253}$)[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?$/i;

/** A host name or an IP address (an IPv6 address with or without its brackets), and nothing else. */
export function isProxyHost(text: string): boolean {
  // The zone of a link-local address (fe80::1%eth0) stands in no URL.
  if (text.includes('%')) return false;
  if (isIP(text) !== 0 || isIP(text.replace(/^\[(.*)\]$/, '$1')) === 6) return true;
  // What the parser would read as another host (0x7f.1, 256.1.1.1) is no name.
  const address = `http://${text}`;
  return HOST_NAME.test(text) && URL.canParse(address) && new URL(address).hostname === text.toLowerCase();
}

/** Null: the account has no proxy. Undefined: it has one that cannot be understood. */
export function readProxy(text: string): AccountProxy | null | undefined {
  if (text === '' || text === 'null') return null;
  const value = parseJson(text);
  if (typeof value !== 'object' || value === null) return undefined;
  const { type, host, port, username, password } = value as Readonly<Record<string, unknown>>;
  const knownType = PROXY_TYPES.find((known) => known === type);
  // v1 stored the port as its form gave it: a number or a text.
  const portNumber = typeof port === 'number' || typeof port === 'string' ? Number(port) : Number.NaN;
  if (knownType === undefined || typeof host !== 'string' || !isProxyHost(host)) return undefined;
  if (isMetadataHost(host)) return undefined;
  if (!Number.isInteger(portNumber) || portNumber < 1 || portNumber > 65_535) return undefined;
  return {
    type: knownType,
    host,
    port: portNumber,
    ...(isFilled(username) && { username }),
    ...(isFilled(password) && { password }),
  };
}

const isFilled = (value: unknown): value is string => typeof value === 'string' && value !== '';

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
