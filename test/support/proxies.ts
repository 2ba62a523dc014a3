import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export interface TestProxy {
  readonly port: number;
  /** `host:port` of every tunnel that was opened, and the credentials that came with it. */
  readonly tunnels: { readonly target: string; readonly credentials: string | null }[];
  close(): Promise<void>;
}

async function listen(server: Server, tunnels: TestProxy['tunnels']): Promise<TestProxy> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    tunnels,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => {
          resolve();
        });
      }),
  };
}

function join(client: Socket, host: string, port: number, onConnected: (upstream: Socket) => void): void {
  const upstream = connect(port, host, () => {
    onConnected(upstream);
    client.pipe(upstream).pipe(client);
  });
  upstream.on('error', () => client.destroy());
  client.on('error', () => upstream.destroy());
  client.once('close', () => upstream.destroy());
}

/** An HTTP proxy that only opens tunnels (CONNECT); with `credentials` it wants them as `user:password`. */
export function startHttpProxy(credentials: string | null = null): Promise<TestProxy> {
  const tunnels: TestProxy['tunnels'] = [];
  const server = createHttpServer((_request, response) => {
    response.writeHead(405).end();
  });
  server.on('connect', (request, client: Socket) => {
    const header = request.headers['proxy-authorization'];
    const given = header === undefined ? null : Buffer.from(header.replace('Basic ', ''), 'base64').toString();
    if (given !== credentials) {
      client.end('HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n');
      return;
    }
    const target = request.url ?? '';
    tunnels.push({ target, credentials: given });
    const [host = '', port = ''] = target.split(':');
    join(client, host, Number(port), () => client.write('HTTP/1.1 200 Connection Established\r\n\r\n'));
  });
  return listen(server, tunnels);
}

/** A SOCKS5 proxy (RFC 1928) with user name and password (RFC 1929) when `credentials` are given. */
export function startSocksProxy(credentials: string | null = null): Promise<TestProxy> {
  const tunnels: TestProxy['tunnels'] = [];
  const server = createServer((client) => {
    void serveSocks(client, credentials, tunnels).catch(() => client.destroy());
  });
  return listen(server, tunnels);
}

async function serveSocks(client: Socket, credentials: string | null, tunnels: TestProxy['tunnels']): Promise<void> {
  const take = reader(client);
  const [, methods = 0] = await take(2);
  await take(methods);
  let given: string | null = null;
  client.write(Buffer.from([5, credentials === null ? 0 : 2]));
  if (credentials !== null) {
    const [, userLength = 0] = await take(2);
    const user = (await take(userLength)).toString();
    const [passwordLength = 0] = await take(1);
    given = `${user}:${(await take(passwordLength)).toString()}`;
    client.write(Buffer.from([1, given === credentials ? 0 : 1]));
    if (given !== credentials) {
      client.end();
      return;
    }
  }
  const [, , , kind = 0] = await take(4);
  const host = kind === 1 ? [...(await take(4))].join('.') : (await take((await take(1))[0] ?? 0)).toString();
  const port = (await take(2)).readUInt16BE();
  tunnels.push({ target: `${host}:${String(port)}`, credentials: given });
  join(client, host, port, () => client.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0])));
}

/** Reads exactly n bytes, and leaves the rest for the pipe. */
function reader(socket: Socket): (bytes: number) => Promise<Buffer> {
  return async (bytes) => {
    if (bytes === 0) return Buffer.alloc(0);
    for (;;) {
      const chunk = socket.read(bytes) as Buffer | null;
      if (chunk !== null) return chunk;
      if (socket.readableEnded || socket.destroyed) throw new Error('The client has gone');
      await new Promise<void>((resolve) => {
        socket.once('readable', resolve);
        socket.once('close', () => {
          resolve();
        });
      });
    }
  };
}
