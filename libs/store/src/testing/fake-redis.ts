import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

/** What one command is answered: RESP as it goes over the wire, or null for silence. */
export type Answer = (args: readonly string[], socket: Socket) => string | null;

export const OK = '+OK\r\n';
export const bulk = (text: string): string => `$${Buffer.byteLength(text)}\r\n${text}\r\n`;

/**
 * A server that speaks enough of Redis for a client to connect, and answers the rest as a spec says. It shows what a
 * client does on the wire when Redis misbehaves, which a real one cannot be made to do.
 */
export class FakeRedis {
  /** Every command of every connection, in order: the name in upper case, then its arguments. */
  readonly received: string[][] = [];
  readonly answers: Record<string, Answer>;
  connections = 0;
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();

  constructor(answers: Record<string, Answer> = {}) {
    this.answers = {
      INFO: () => bulk('redis_version:7.0.0\r\nloading:0\r\n'),
      CLIENT: () => OK,
      SELECT: () => OK,
      AUTH: () => OK,
      PING: () => '+PONG\r\n',
      QUIT: () => OK,
      ...answers,
    };
    this.server = createServer((socket) => {
      this.serve(socket);
    });
  }

  /** Gives the port. */
  async listen(port = 0): Promise<number> {
    await new Promise<void>((resolve) => this.server.listen(port, '127.0.0.1', resolve));
    return (this.server.address() as AddressInfo).port;
  }

  /** Breaks every connection and goes on listening. */
  hangUp(): void {
    this.sockets.forEach((socket) => socket.destroy());
  }

  async close(): Promise<void> {
    this.hangUp();
    await new Promise((resolve) => this.server.close(resolve));
  }

  count(name: string): number {
    return this.received.filter(([received]) => received === name).length;
  }

  private serve(socket: Socket): void {
    this.connections += 1;
    this.sockets.add(socket);
    let unread = '';
    socket.on('error', () => undefined);
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('data', (chunk) => {
      unread += chunk.toString('latin1');
      for (let command = take(); command !== null; command = take()) this.answer(command, socket);
    });
    const take = (): string[] | null => {
      const parsed = parseCommand(unread);
      if (parsed === null) return null;
      unread = parsed.rest;
      return parsed.words;
    };
  }

  private answer([name = '', ...args]: string[], socket: Socket): void {
    const known = name.toUpperCase();
    this.received.push([known, ...args]);
    const answer = this.answers[known];
    const reply = answer === undefined ? `-ERR unknown command '${name}'\r\n` : answer(args, socket);
    if (reply !== null) socket.write(reply);
  }
}

/** One array of bulk strings, as clients send commands; null while it is not whole. */
function parseCommand(text: string): { words: string[]; rest: string } | null {
  const head = /^\*(\d+)\r\n/.exec(text);
  if (head === null) return null;
  let rest = text.slice(head[0].length);
  const words: string[] = [];
  for (let left = Number(head[1]); left > 0; left -= 1) {
    const size = /^\$(\d+)\r\n/.exec(rest);
    const start = size?.[0].length ?? 0;
    const end = start + Number(size?.[1]);
    if (size === null || rest.length < end + 2) return null;
    words.push(Buffer.from(rest.slice(start, end), 'latin1').toString());
    rest = rest.slice(end + 2);
  }
  return { words, rest };
}
