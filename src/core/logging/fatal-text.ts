import { StoreConnectionError, StoreFileError } from '@crs/store';
import { ConfigError } from '../config/config-error.js';
import { describeError } from '../http/error-log.js';
import { redact } from './redact.js';

/** What to write when the process cannot run, in this order. */
export interface FatalText {
  /** One line of JSON with the stack, of an error that nobody foresaw; null for what the text alone explains. */
  readonly logLine: string | null;
  /** One sentence for a tired administrator. */
  readonly text: string;
}

const LISTEN_ADVICE: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is the gateway running already? Set PORT to another one',
  EADDRNOTAVAIL: 'set HOST to an address of this machine',
  EACCES: 'set PORT to one above 1023',
};

/** Every text ends with exactly one full stop. */
export function describeFatal(error: unknown, now: Date): FatalText {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof ConfigError) return { logLine: null, text: message };
  if (error instanceof StoreConnectionError || error instanceof StoreFileError) {
    return { logLine: null, text: sentence(message) };
  }
  const advice = listenAdvice(error);
  if (advice !== null) return { logLine: null, text: sentence(`Cannot listen: ${message}; ${advice}`) };
  const entry = { level: 'fatal', time: now.toISOString(), msg: 'the gateway cannot run', error: describeError(error) };
  return { logLine: JSON.stringify(redact(entry)), text: sentence(`The gateway cannot run: ${message}`) };
}

function listenAdvice(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error) || error.syscall !== 'listen')
    return null;
  return LISTEN_ADVICE[String(error.code)] ?? null;
}

function sentence(text: string): string {
  return `${text.replace(/\.+$/, '')}.`;
}
