/** A refusal in Redis' own words: the command did nothing. Everything else that is thrown is a fault of the store. */
export class ReplyError extends Error {
  override readonly name = 'ReplyError';
}

export const wrongType = (): ReplyError =>
  new ReplyError('WRONGTYPE Operation against a key holding the wrong kind of value');
export const notAnInteger = (): ReplyError => new ReplyError('ERR value is not an integer or out of range');
export const notAFloat = (): ReplyError => new ReplyError('ERR value is not a valid float');
export const overflow = (): ReplyError => new ReplyError('ERR increment or decrement would overflow');
export const wrongArity = (command: string): ReplyError =>
  new ReplyError(`ERR wrong number of arguments for '${command}' command`);
export const invalidExpiry = (command: string): ReplyError =>
  new ReplyError(`ERR invalid expire time in '${command}' command`);
export const syntaxError = (): ReplyError => new ReplyError('ERR syntax error');

/** Redis refuses a command that names nothing to act on. */
export function requireSome(command: string, items: readonly unknown[]): void {
  if (items.length === 0) throw wrongArity(command);
}
