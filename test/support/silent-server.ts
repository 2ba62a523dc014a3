import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

export interface SilentServer {
  /** Of an upstream that speaks TLS: no handshake with it ever comes to an end. */
  readonly url: string;
  /** Resolves when somebody has connected. */
  connected(): Promise<unknown>;
  close(): Promise<void>;
}

/** Takes connections and never says a word. */
export async function startSilentServer(): Promise<SilentServer> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => undefined).resume());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const first = once(server, 'connection');
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connected: () => first,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
