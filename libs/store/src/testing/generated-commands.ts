import fc from 'fast-check';
import type { StoreCommand } from '../store-client.js';

/** Few names, so that commands meet; bytes that order, NUL and text beyond ASCII test. */
const key = fc.constantFrom('k', 'k:1', 'kä', '__proto__');
const part = fc.constantFrom('', 'a', 'B', 'a\0z', '10', 'ß', '\u{1F600}', '\uFB01', '__proto__');
const parts = fc.array(part, { minLength: 1, maxLength: 4 });
const text = fc.oneof(part, fc.constantFrom('7', '-3', '0', '1.5', '-0.25', ' 1', '007', '1x'));
const whole = fc.integer({ min: -50, max: 50 });
const index = fc.integer({ min: -6, max: 6 });
const score = fc.oneof(whole, fc.constantFrom(0.5, -2.25, 1_700_000_000_000, Infinity, -Infinity));
/** Far enough in the future that no test run reaches it, or already over. */
const seconds = fc.constantFrom(1_000, 5_000, 0, -1);

const command = (name: string, ...args: fc.Arbitrary<string | number>[]): fc.Arbitrary<StoreCommand> =>
  fc.tuple(...args).map((values) => [name, ...values]);
const withParts = (name: string): fc.Arbitrary<StoreCommand> =>
  fc.tuple(key, parts).map(([named, some]) => [name, named, ...some]);

/** Any one command that the model can answer. */
const anyCommand: fc.Arbitrary<StoreCommand> = fc.oneof(
  ...['type', 'exists', 'del', 'pttl', 'get', 'mget'].map((name) => command(name, key)),
  ...['hgetall', 'smembers', 'scard', 'zcard', 'llen'].map((name) => command(name, key)),
  command('exists', key, key),
  command('del', key, key),
  command('mget', key, key),
  command('expire', key, seconds),
  command(
    'pexpire',
    key,
    seconds.map((value) => value * 1000),
  ),
  command('set', key, text),
  command('set', key, text, fc.constant('PX'), fc.constantFrom(1_000_000, 0, -5)),
  command('set', key, text, fc.constant('PX'), fc.constant(1_000_000), fc.constant('NX')),
  command('incrby', key, whole),
  command('incrbyfloat', key, fc.constantFrom(0.1, 0.2, -0.3, 1.25, 3)),
  command('hget', key, part),
  command('hset', key, part, text),
  command('hset', key, part, text, part, text),
  command('hincrby', key, part, whole),
  command('sismember', key, part),
  command('zadd', key, score, part),
  command('zscore', key, part),
  ...['zrangebyscore', 'zremrangebyscore'].map((name) => command(name, key, score, score)),
  ...['zrange', 'zrevrange', 'lrange', 'ltrim'].map((name) => command(name, key, index, index)),
  ...['hmget', 'hdel', 'sadd', 'srem', 'zrem', 'lpush'].map(withParts),
);

/** Enough that collections grow, shrink and vanish. */
export const commandSequence: fc.Arbitrary<StoreCommand[]> = fc.array(anyCommand, { minLength: 1, maxLength: 40 });

/**
 * Replies as far as the stores promise the same: sets have no order; a float's last digits are the machine's; a time to
 * live is measured while the test runs; of an error the first line counts.
 */
export function comparable([name]: StoreCommand, reply: unknown): unknown {
  if (reply instanceof Error) return `error: ${reply.message.split(' script: ')[0] ?? ''}`;
  if (name === 'smembers' && Array.isArray(reply)) return [...(reply as string[])].sort();
  if (name === 'pttl' && typeof reply === 'number' && reply > 0) return Math.round(reply / 100_000);
  return rounded(reply);
}

function rounded(reply: unknown): unknown {
  if (Array.isArray(reply)) return reply.map(rounded);
  if (typeof reply === 'object' && reply !== null) {
    return Object.fromEntries(Object.entries(reply).map(([name, value]) => [name, rounded(value)]));
  }
  if (reply === 'inf') return 'Infinity';
  if (reply === '-inf') return '-Infinity';
  return typeof reply === 'string' && /^-?\d+\.\d+$/.test(reply) ? Number(reply).toPrecision(12) : reply;
}
