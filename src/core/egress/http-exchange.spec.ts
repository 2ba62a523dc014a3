import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startHttpProxy, startSocksProxy, type TestProxy } from '../../../test/support/proxies.ts';
import { testConfig } from '../../../test/support/test-config.ts';
import { DispatcherPool } from './dispatcher.pool.js';
import { EgressError } from './egress-error.js';
import { HttpExchange, type IncomingResponse, type OutgoingRequest } from './http-exchange.js';

const MIB = 1024 * 1024;

async function readAll({ body }: IncomingResponse): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for (let chunk = await body.read(); chunk !== null; chunk = await body.read()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function faultOf(promise: Promise<unknown>): Promise<EgressError> {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof EgressError)) throw new Error(`Not an EgressError: ${String(error)}`);
  return error;
}

describe('HttpExchange', () => {
  let pool: DispatcherPool;
  let sut: HttpExchange;
  let server: Server;
  let url: URL;
  let handler: (request: IncomingMessage, response: ServerResponse) => void;
  const open: { close(): unknown }[] = [];

  const request = (change: Partial<OutgoingRequest> = {}): OutgoingRequest => ({
    url,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: Buffer.from('{}'),
    proxy: null,
    signal: new AbortController().signal,
    ...change,
  });

  const listen = async (target: Server | TcpServer): Promise<number> => {
    await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
    open.push(target);
    return (target.address() as AddressInfo).port;
  };

  const startProxy = async (proxy: Promise<TestProxy>): Promise<TestProxy> => {
    open.push(await proxy);
    return proxy;
  };

  beforeEach(async () => {
    pool = new DispatcherPool(testConfig({ egress: { allowPrivateUpstreams: true } }));
    sut = new HttpExchange(pool);
    handler = (_incoming, response) => response.end('ok');
    server = createServer((incoming, response) => {
      handler(incoming, response);
    });
    url = new URL(`http://127.0.0.1:${String(await listen(server))}/v1/messages?beta=true`);
  });

  afterEach(async () => {
    server.closeAllConnections();
    for (const closable of open.splice(0)) await closable.close();
    await pool.onApplicationShutdown();
  });

  it('sends method, path, query, headers and body, and gives head and bytes as they come', async () => {
    let seen = '';
    handler = (incoming, response) => {
      incoming.setEncoding('utf8');
      incoming.on('data', (text: string) => (seen += text));
      incoming.on('end', () => {
        response.writeHead(201, { 'x-echo': `${String(incoming.method)} ${String(incoming.url)}` });
        response.end(Buffer.from([0, 255, 10]));
      });
    };
    const response = await sut.send(request({ body: Buffer.from('{"a":1}') }));
    expect(response.status).toBe(201);
    expect(response.headers['x-echo']).toBe('POST /v1/messages?beta=true');
    expect(await readAll(response)).toEqual(Buffer.from([0, 255, 10]));
    expect(seen).toBe('{"a":1}');
  });

  it('ignores interim heads', async () => {
    handler = (_incoming, response) => {
      response.writeEarlyHints({ link: '</a>; rel=preload' });
      response.end('final');
    };
    const response = await sut.send(request());
    expect(response.status).toBe(200);
    expect((await readAll(response)).toString()).toBe('final');
  });

  it.each([
    ['a closed port', 'http://127.0.0.1:1/', 'connect'],
    ['a name that does not exist', 'http://no-such-host.invalid/', 'dns'],
  ])('names the fault of %s', async (_, address, fault) => {
    expect((await faultOf(sut.send(request({ url: new URL(address) })))).fault).toBe(fault);
  });

  it.each([
    ['a connection that is reset before the head', (socket: Socket) => socket.resetAndDestroy(), 'reset'],
    ['bytes that are no HTTP', (socket: Socket) => socket.end('garbage\r\n\r\n'), 'garbage'],
    ['a connection that is closed before the head', (socket: Socket) => socket.end(), 'reset'],
  ])('names the fault of %s', async (_, answer, fault) => {
    const tcp = createTcpServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.once('data', () => answer(socket));
    });
    const address = new URL(`http://127.0.0.1:${String(await listen(tcp))}/`);
    expect((await faultOf(sut.send(request({ url: address })))).fault).toBe(fault);
  });

  it('names a certificate that nobody can check a TLS fault', async () => {
    const tcp = createTcpServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.end('this is not TLS');
    });
    const address = new URL(`https://127.0.0.1:${String(await listen(tcp))}/`);
    expect((await faultOf(sut.send(request({ url: address })))).fault).toBe('tls');
  });

  it('gives what came before a break, then the fault', async () => {
    handler = (_incoming, response) => {
      response.write('first', () => response.socket?.resetAndDestroy());
    };
    const { body } = await sut.send(request());
    expect((await body.read())?.toString()).toBe('first');
    expect((await faultOf(body.read())).fault).toBe('reset');
  });

  it('ends an exchange that waits for its head when the caller gives up', async () => {
    const closed = new Promise<void>((resolve) => {
      handler = (incoming) =>
        incoming.socket.once('close', () => {
          resolve();
        });
    });
    const giveUp = new AbortController();
    const sent = sut.send(request({ signal: giveUp.signal }));
    await new Promise<void>((resolve) =>
      server.once('request', () => {
        resolve();
      }),
    );
    giveUp.abort(new Error('no longer wanted'));
    const error = await faultOf(sent);
    expect(error.fault).toBe('aborted');
    expect(error.cause).toEqual(new Error('no longer wanted'));
    await closed;
  });

  it('ends an exchange in the middle of its body when the caller gives up', async () => {
    handler = (_incoming, response) => response.write('first');
    const giveUp = new AbortController();
    const { body } = await sut.send(request({ signal: giveUp.signal }));
    await body.read();
    const next = body.read();
    giveUp.abort();
    expect((await faultOf(next)).fault).toBe('aborted');
  });

  it('sends nothing for a caller that has given up already', async () => {
    let requests = 0;
    handler = (_incoming, response) => {
      requests += 1;
      response.end();
    };
    expect((await faultOf(sut.send(request({ signal: AbortSignal.abort() })))).fault).toBe('aborted');
    await readAll(await sut.send(request()));
    expect(requests).toBe(1);
  });

  it('slows the upstream down while nobody reads, and loses no byte', async () => {
    const total = 64 * MIB;
    let written = 0;
    handler = (_incoming, response) => {
      const fill = (): void => {
        while (written < total) {
          written += MIB;
          if (!response.write(Buffer.alloc(MIB, 7))) {
            response.once('drain', fill);
            return;
          }
        }
        response.end();
      };
      fill();
    };
    const response = await sut.send(request());
    const first = await response.body.read();
    // Whatever the sockets' own buffers take, it is far from the whole.
    const writtenWhileWaiting = await new Promise<number>((resolve) => {
      let last = -1;
      const look = (): void => {
        if (written === last) resolve(written);
        else {
          last = written;
          setTimeout(look, 50);
        }
      };
      look();
    });
    expect(writtenWhileWaiting).toBeLessThan(total / 2);
    const rest = await readAll(response);
    expect((first?.length ?? 0) + rest.length).toBe(total);
  });

  it('keeps no more of many small pieces than the socket holds for a reader that is slower than they come', async () => {
    const sockets: Socket[] = [];
    const onConnected = (message: unknown): void => {
      sockets.push((message as { socket: Socket }).socket);
    };
    subscribe('undici:client:connected', onConnected);
    const piece = Buffer.alloc(300, 7);
    handler = (_incoming, response) => {
      const fill = (): void => {
        while (response.write(piece));
        response.once('drain', fill);
      };
      fill();
    };
    const { body } = await sut.send(request());
    let held = 0;
    for (let n = 0; n < 5000; n++) {
      await body.read();
      await new Promise((resolve) => setImmediate(resolve));
      held = Math.max(held, sockets[0]?.readableLength ?? Number.POSITIVE_INFINITY);
    }
    unsubscribe('undici:client:connected', onConnected);
    body.abort(new Error('enough'));
    expect(held).toBeLessThan(MIB / 4);
  });

  describe('through a proxy', () => {
    it.each([
      ['http', startHttpProxy],
      ['socks5', startSocksProxy],
    ] as const)('tunnels through %s with credentials that need escaping', async (type, start) => {
      const proxy = await startProxy(start('us er:p@ss/w:rd'));
      const [username, password] = ['us er', 'p@ss/w:rd'];
      const response = await sut.send(
        request({ proxy: { type, host: '127.0.0.1', port: proxy.port, username, password } }),
      );
      expect((await readAll(response)).toString()).toBe('ok');
      expect(proxy.tunnels).toEqual([{ target: url.host, credentials: 'us er:p@ss/w:rd' }]);
    });

    it.each([
      ['http', startHttpProxy],
      ['socks5', startSocksProxy],
    ] as const)('names the refusal of a %s proxy a proxy fault', async (type, start) => {
      const proxy = await startProxy(start('right:right'));
      const wrong = { type, host: '127.0.0.1', port: proxy.port, username: 'wrong', password: 'wrong' };
      expect((await faultOf(sut.send(request({ proxy: wrong })))).fault).toBe('proxy');
      expect(proxy.tunnels).toEqual([]);
    });

    it('uses one pool per proxy', () => {
      const proxy = { type: 'http', host: '127.0.0.1', port: 3128 } as const;
      expect(pool.get(proxy)).toBe(pool.get({ ...proxy }));
      expect(pool.get(proxy)).not.toBe(pool.get({ ...proxy, username: 'other' }));
      expect(pool.get(proxy)).not.toBe(pool.get(null));
    });
  });

  describe('where private upstreams are not allowed', () => {
    beforeEach(() => {
      pool = new DispatcherPool(testConfig({ egress: { allowPrivateUpstreams: false } }));
      sut = new HttpExchange(pool);
    });

    it.each(['http://127.0.0.1:1/', 'http://[::1]:1/', 'http://169.254.169.254/', 'http://0x7f000001/'])(
      'refuses %s',
      async (address) => {
        const error = await faultOf(sut.send(request({ url: new URL(address) })));
        expect(error.fault).toBe('connect');
        expect(error.message).toContain('private address');
      },
    );

    it('refuses a name that resolves to a private address', async () => {
      const error = await faultOf(sut.send(request({ url: new URL(`http://localhost:${url.port}/`) })));
      expect(error.message).toContain('private address');
    });
  });
});
