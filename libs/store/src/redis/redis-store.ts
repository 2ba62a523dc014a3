import { Redis } from 'ioredis';
import type { Command } from 'ioredis';
import { createHash } from 'node:crypto';
import { reportRarely, warnOnProcess } from '../error-report.js';
import type { ErrorReport } from '../error-report.js';
import { systemRepeat } from '../repeat-timer.js';
import type { RepeatTimer } from '../repeat-timer.js';
import type { ScriptReply, StoreScript } from '../script.js';
import type { StoreClient } from '../store-client.js';
import { openConnection } from './open-connection.js';
import { toRedisFault } from './redis-fault.js';
import { DEFAULT_REDIS_LIMITS, describeAddress, toRedisOptions } from './redis-options.js';
import type { RedisLimits, RedisStoreOptions } from './redis-options.js';

export interface RedisStoreSettings {
  readonly limits?: Partial<RedisLimits>;
  /** Told of lost connections and failed attempts to connect, at most every ten seconds. */
  readonly onError?: ErrorReport;
  /** Told once when `open()` has to wait for a Redis that is not there yet. */
  readonly onWait?: (address: string) => void;
  readonly now?: () => number;
  readonly repeat?: RepeatTimer;
}

const REPORT_EVERY_MS = 10_000;
const nobody = (): void => undefined;
/** How ioredis calls a reply that did not come in time. */
const TIMED_OUT = 'Command timed out';

/**
 * The store in Redis: the ioredis client itself, with scripts, and with what ioredis leaves open closed. It connects
 * with `open()`; after that it reconnects by itself, and commands fail at once while there is no connection.
 */
export class RedisStore extends Redis implements StoreClient {
  /** `host:port`, or the sentinels; for messages. */
  readonly address: string;
  private readonly limits: RedisLimits;
  private readonly stopHeartbeat: () => void;
  private readonly onWait: (address: string) => void;
  private readonly digests = new WeakMap<object, string>();

  /** @throws TypeError when the URL is none. */
  constructor(options: RedisStoreOptions, settings: RedisStoreSettings = {}) {
    const { now = Date.now, repeat = systemRepeat, onError = warnOnProcess, onWait = nobody } = settings;
    const limits = { ...DEFAULT_REDIS_LIMITS, ...settings.limits };
    super(toRedisOptions(options, limits));
    this.address = describeAddress(options);
    this.limits = limits;
    this.onWait = onWait;
    this.on('error', reportRarely(onError, REPORT_EVERY_MS, now));
    this.stopHeartbeat = repeat(() => void this.beat(), limits.heartbeatMs);
  }

  /**
   * The first connection. Waits for a Redis that is still starting; a refusal that waiting cannot mend (wrong password,
   * no such database, a certificate) is thrown at once.
   *
   * @throws StoreConnectionError
   */
  async open(): Promise<void> {
    await openConnection(this, this.address, this.limits.startTimeoutMs, () => {
      this.onWait(this.address);
    });
  }

  async runScript<R>(script: StoreScript<R>, keys: readonly string[], args: readonly (string | number)[]): Promise<R> {
    const rest = [...keys, ...args.map(String)];
    const reply = await this.evalsha(this.digestOf(script), keys.length, ...rest).catch((error: unknown) => {
      if (error instanceof Error && error.message.startsWith('NOSCRIPT')) {
        return this.eval(script.lua, keys.length, ...rest);
      }
      throw error;
    });
    return script.parse(toScriptReply(script.name, reply));
  }

  override async quit(): Promise<'OK'> {
    this.stopHeartbeat();
    // Only a live connection has replies to wait for; where saying goodbye fails, hanging up is all there is to do.
    if (this.status === 'ready') await super.quit().catch(() => undefined);
    if (this.status !== 'end') this.disconnect();
    return 'OK';
  }

  /**
   * ioredis hangs a command's arguments on its errors, where a logger finds them: the password of AUTH, a client key's
   * record. They are taken off before anyone sees the error. What is a fault of the store is named so.
   *
   * A command that is not answered in time takes its connection with it: a frozen Redis costs its callers that wait once,
   * and whoever asks until it answers again is told at once.
   */
  override sendCommand(command: Command, ...stream: StreamArgument): unknown {
    const { reject } = command;
    command.reject = (error) => {
      Reflect.deleteProperty(error, 'command');
      if (error.message === TIMED_OUT) this.replaceConnection();
      reject(toRedisFault(command.name, error));
    };
    return super.sendCommand(command, ...stream);
  }

  /** A peer that vanished without a word is only noticed by asking; the kernel alone would take a quarter of an hour. */
  private async beat(): Promise<void> {
    if (this.status !== 'ready') return;
    await this.ping().catch(() => undefined);
  }

  /** Once per connection: one that was hung up on takes no more, but is still called ready until it has ended. */
  private replaceConnection(): void {
    if (this.status === 'ready' && this.stream.writable) this.disconnect(true);
  }

  private digestOf(script: StoreScript<unknown>): string {
    const known = this.digests.get(script);
    if (known !== undefined) return known;
    const digest = createHash('sha1').update(script.lua).digest('hex');
    this.digests.set(script, digest);
    return digest;
  }
}

type StreamArgument = Parameters<Redis['sendCommand']> extends [unknown, ...infer Rest] ? Rest : never;

function toScriptReply(name: string, reply: unknown): ScriptReply {
  if (reply === null || typeof reply === 'string' || typeof reply === 'number') return reply;
  if (Array.isArray(reply)) return reply.map((part) => toScriptReply(name, part));
  throw new TypeError(`Script ${name} answered a ${typeof reply}, which no script here may.`);
}
