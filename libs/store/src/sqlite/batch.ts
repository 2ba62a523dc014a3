import type { StoreTransaction } from '../script.js';
import type { StoreCommand } from '../store-client.js';
import { ReplyError, syntaxError, wrongArity } from './reply-error.js';

/** The commands, whether they answer at once or promise to. */
type CommandTarget = {
  readonly [K in keyof StoreTransaction]: (...args: Parameters<StoreTransaction[K]>) => unknown;
};

/** A command as a batch names it: how many arguments Redis lets it have, and what it does with them. */
interface Command {
  readonly name: string;
  readonly accepts: (count: number) => boolean;
  readonly run: (target: CommandTarget, args: readonly string[]) => unknown;
}

/** A command with its arguments, all as text, as they go over the wire to Redis. */
export interface BatchCall {
  readonly command: Command;
  readonly args: readonly string[];
}

/** The reply, or the refusal, of one command. */
type BatchReply = [error: Error | null, reply: unknown];

type Runner<A extends readonly string[]> = (target: CommandTarget, ...args: A) => unknown;
type Shape = Pick<Command, 'accepts' | 'run'>;

/** The count is checked before `run` is called; that makes the tuples below true. */
const exactly = <A extends readonly string[]>(count: A['length'], run: Runner<A>): Shape => ({
  accepts: (given) => given === count,
  run: (target, args) => run(target, ...(args as A)),
});
const atLeast = <A extends readonly [string, ...string[]]>(count: number, run: Runner<A>): Shape => ({
  accepts: (given) => given >= count,
  run: (target, args) => run(target, ...(args as A)),
});

type Key = [key: string];
type KeyAndText = [key: string, text: string];
type KeyAndTwo = [key: string, first: string, second: string];
type KeyAndMore = [key: string, ...more: string[]];

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const INFINITE = /^([+-]?)inf(?:inity)?$/i;

/** What is no number becomes NaN, which the command refuses in its own words. */
function toNumber(text: string): number {
  if (DECIMAL.test(text)) return Number(text);
  const sign = INFINITE.exec(text)?.[1];
  if (sign === undefined) return Number.NaN;
  return sign === '-' ? -Infinity : Infinity;
}

const COMMANDS: Readonly<Record<string, Shape>> = {
  type: exactly<Key>(1, (target, key) => target.type(key)),
  exists: atLeast<KeyAndMore>(1, (target, ...keys) => target.exists(...keys)),
  del: atLeast<KeyAndMore>(1, (target, ...keys) => target.del(...keys)),
  expire: exactly<KeyAndText>(2, (target, key, seconds) => target.expire(key, toNumber(seconds))),
  pexpire: exactly<KeyAndText>(2, (target, key, ms) => target.pexpire(key, toNumber(ms))),
  pttl: exactly<Key>(1, (target, key) => target.pttl(key)),
  get: exactly<Key>(1, (target, key) => target.get(key)),
  mget: atLeast<KeyAndMore>(1, (target, ...keys) => target.mget(...keys)),
  set: atLeast<[key: string, value: string, ...options: string[]]>(2, setWithOptions),
  incrby: exactly<KeyAndText>(2, (target, key, by) => target.incrby(key, toNumber(by))),
  incrbyfloat: exactly<KeyAndText>(2, (target, key, by) => target.incrbyfloat(key, toNumber(by))),
  hget: exactly<KeyAndText>(2, (target, key, field) => target.hget(key, field)),
  hmget: atLeast<KeyAndMore>(2, (target, key, ...fields) => target.hmget(key, ...fields)),
  hgetall: exactly<Key>(1, (target, key) => target.hgetall(key)),
  hset: atLeast<KeyAndMore>(3, hsetPairs),
  hdel: atLeast<KeyAndMore>(2, (target, key, ...fields) => target.hdel(key, ...fields)),
  hincrby: exactly<KeyAndTwo>(3, (target, key, field, by) => target.hincrby(key, field, toNumber(by))),
  sadd: atLeast<KeyAndMore>(2, (target, key, ...members) => target.sadd(key, ...members)),
  srem: atLeast<KeyAndMore>(2, (target, key, ...members) => target.srem(key, ...members)),
  smembers: exactly<Key>(1, (target, key) => target.smembers(key)),
  sismember: exactly<KeyAndText>(2, (target, key, member) => target.sismember(key, member)),
  scard: exactly<Key>(1, (target, key) => target.scard(key)),
  zadd: exactly<KeyAndTwo>(3, (target, key, score, member) => target.zadd(key, toNumber(score), member)),
  zrem: atLeast<KeyAndMore>(2, (target, key, ...members) => target.zrem(key, ...members)),
  zscore: exactly<KeyAndText>(2, (target, key, member) => target.zscore(key, member)),
  zcard: exactly<Key>(1, (target, key) => target.zcard(key)),
  zrange: exactly<KeyAndTwo>(3, (target, key, from, to) => target.zrange(key, toNumber(from), toNumber(to))),
  zrevrange: exactly<KeyAndTwo>(3, (target, key, from, to) => target.zrevrange(key, toNumber(from), toNumber(to))),
  zrangebyscore: exactly<KeyAndTwo>(3, (target, key, min, max) =>
    target.zrangebyscore(key, toNumber(min), toNumber(max)),
  ),
  zremrangebyscore: exactly<KeyAndTwo>(3, (target, key, min, max) =>
    target.zremrangebyscore(key, toNumber(min), toNumber(max)),
  ),
  lpush: atLeast<KeyAndMore>(2, (target, key, ...values) => target.lpush(key, ...values)),
  lrange: exactly<KeyAndTwo>(3, (target, key, from, to) => target.lrange(key, toNumber(from), toNumber(to))),
  ltrim: exactly<KeyAndTwo>(3, (target, key, from, to) => target.ltrim(key, toNumber(from), toNumber(to))),
  llen: exactly<Key>(1, (target, key) => target.llen(key)),
};

function setWithOptions(target: CommandTarget, key: string, value: string, ...options: string[]): unknown {
  const [token, ms, nx, ...more] = options;
  if (token === undefined) return target.set(key, value);
  if (token !== 'PX' || ms === undefined || more.length > 0) throw syntaxError();
  if (nx === undefined) return target.set(key, value, token, toNumber(ms));
  if (nx !== 'NX') throw syntaxError();
  return target.set(key, value, token, toNumber(ms), nx);
}

function hsetPairs(target: CommandTarget, key: string, ...pairs: string[]): unknown {
  if (pairs.length % 2 !== 0) throw wrongArity('hset');
  const entries = pairs.flatMap((field, at) => (at % 2 === 0 ? [[field, String(pairs[at + 1])] as const] : []));
  return target.hset(key, Object.fromEntries(entries));
}

/** @throws TypeError for a command that the port does not have: a mistake of the caller, not of the data. */
export function readBatch(commands: readonly StoreCommand[]): BatchCall[] {
  return commands.map(([name, ...args]) => {
    const shape = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
    if (shape === undefined) throw new TypeError(`The store has no command '${name}' for batches.`);
    return { command: { name, ...shape }, args: args.map(String) };
  });
}

/** Redis refuses a whole MULTI when it cannot even queue one of its commands. */
export function requireQueueable(calls: readonly BatchCall[]): void {
  if (calls.every(({ command, args }) => command.accepts(args.length))) return;
  throw new ReplyError('EXECABORT Transaction discarded because of previous errors.');
}

/** Each reply in order. A refused command does not stop the others; a fault of the store itself is thrown. */
export function runBatch(target: CommandTarget, calls: readonly BatchCall[]): BatchReply[] {
  return calls.map(({ command, args }) => {
    try {
      if (!command.accepts(args.length)) throw wrongArity(command.name);
      return [null, command.run(target, args)];
    } catch (error) {
      if (error instanceof ReplyError) return [error, undefined];
      throw error;
    }
  });
}
