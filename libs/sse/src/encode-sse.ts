/** What an event says; `event` null leaves the name out, which readers take for `message`. */
export interface SseMessage {
  readonly event: string | null;
  readonly data: string;
}

/**
 * The bytes of one event, blank line included. Each line of `data` becomes a data line of its own.
 *
 * @throws TypeError when the name holds a line break: it would end the line and let the rest pass for other fields.
 */
export function encodeSse({ event, data }: SseMessage): Buffer {
  if (event !== null && /[\r\n]/.test(event)) throw new TypeError('an event name cannot hold a line break');
  const name = event === null ? '' : `event: ${event}\n`;
  const lines = data.split(/\r\n|\r|\n/).map((line) => `data: ${line}\n`);
  return Buffer.from(`${name}${lines.join('')}\n`, 'utf8');
}
