import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  brotliCompressSync,
  createBrotliCompress,
  createDeflate,
  createGzip,
  createZstdCompress,
  deflateSync,
  gzipSync,
  zstdCompressSync,
} from 'node:zlib';
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readAll, readToFault, settled } from '../../../test/support/compressed-bodies.ts';
import { eventually } from '../../../test/support/eventually.ts';
import { testConfig } from '../../../test/support/test-config.ts';
import { DispatcherPool } from './dispatcher.pool.js';
import { HttpExchange, type IncomingResponse } from './http-exchange.js';

const MIB = 1024 * 1024;
const EVENT = 'event: ping\ndata: {"type":"ping"}\n\n';

const ENCODERS = [
  ['gzip', createGzip, gzipSync],
  ['deflate', createDeflate, deflateSync],
  ['br', createBrotliCompress, brotliCompressSync],
  ['zstd', createZstdCompress, zstdCompressSync],
] as const;

describe('a compressed answer of an upstream', () => {
  let pool: DispatcherPool;
  let server: Server;
  let answer: (response: ServerResponse) => void;
  let closed: number;
  let giveUp: AbortController;

  beforeEach(async () => {
    pool = new DispatcherPool(testConfig({ egress: { allowPrivateUpstreams: true } }));
    giveUp = new AbortController();
    closed = 0;
    server = createServer((_incoming, response) => {
      response.on('error', () => undefined);
      response.once('close', () => {
        if (!response.writableFinished) closed += 1;
      });
      answer(response);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });

  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await pool.onApplicationShutdown();
  });

  const ask = (): Promise<IncomingResponse> =>
    new HttpExchange(pool).send({
      url: new URL(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}/`),
      method: 'POST',
      headers: {},
      body: Buffer.from('{}'),
      proxy: null,
      signal: giveUp.signal,
    });

  const head = (response: ServerResponse, encoding: string): ServerResponse =>
    response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': encoding });

  const expectClosed = (): Promise<unknown> => eventually(() => Promise.resolve(closed > 0 ? true : null));

  describe.each(ENCODERS)('in %s', (encoding, create, encode) => {
    it('gives each event as soon as the upstream has flushed it', async () => {
      const encoder = create();
      answer = (response) => encoder.pipe(head(response, encoding));
      const asked = ask();
      for (let n = 0; n < 5; n++) {
        encoder.write(EVENT);
        encoder.flush();
        // The next event is not written before this one has come whole.
        let text = '';
        while (text.length < EVENT.length) text += String(await (await asked).body.read());
        expect(text).toBe(EVENT);
      }
      encoder.end();
      expect(await (await asked).body.read()).toBeNull();
    });

    it('reads it one byte at a time, and knows its head as a plain one', async () => {
      const bytes = encode(EVENT.repeat(3));
      answer = (response) => {
        head(response, encoding).socket?.setNoDelay(true);
        const next = (at: number): void => {
          if (at === bytes.length) response.end();
          else
            response.write(bytes.subarray(at, at + 1), () => {
              setImmediate(next, at + 1);
            });
        };
        next(0);
      };
      const { headers, body } = await ask();
      expect(headers).toMatchObject({ 'content-type': 'text/event-stream' });
      expect(headers).not.toHaveProperty('content-encoding');
      expect((await readAll(body)).toString()).toBe(EVENT.repeat(3));
    });

    it('takes an end that is missing for a break, and gives what came before it', async () => {
      const encoder = create();
      answer = (response) => {
        encoder.on('data', (chunk: Buffer) => response.write(chunk));
        head(response, encoding);
        encoder.write(EVENT);
        encoder.flush(() => response.end());
      };
      const { body } = await ask();
      const { bytes, fault } = await readToFault(body);
      expect(bytes.toString()).toBe(EVENT);
      expect(fault).toMatchObject({ fault: 'reset' });
    });

    it('gives what came before the connection was cut', async () => {
      const encoder = create();
      answer = (response) => {
        encoder.on('data', (chunk: Buffer) => response.write(chunk));
        head(response, encoding);
        encoder.write(EVENT);
        encoder.flush();
      };
      const { body } = await ask();
      let text = '';
      while (text.length < EVENT.length) text += String(await body.read());
      expect(text).toBe(EVENT);
      server.closeAllConnections();
      expect(await readToFault(body)).toMatchObject({ fault: { fault: 'reset' } });
    });

    it('ends the connection when bytes come that are no such stream', async () => {
      answer = (response) => {
        head(response, encoding);
        response.write('{"type":"message","content":[]}'.repeat(20));
      };
      const { body } = await ask();
      expect(await readToFault(body)).toMatchObject({ fault: { fault: 'garbage' } });
      await expectClosed();
    });

    it.each([
      [
        'the body is given up',
        ({ body }: IncomingResponse) => {
          body.abort(new Error('no longer wanted'));
        },
      ],
      [
        'the signal comes',
        () => {
          giveUp.abort();
        },
      ],
    ])('ends the connection when %s', async (_, end) => {
      const encoder = create();
      answer = (response) => {
        encoder.pipe(head(response, encoding));
        encoder.write(EVENT);
        encoder.flush();
      };
      const response = await ask();
      await response.body.read();
      const next = response.body.read();
      end(response);
      await expect(next).rejects.toThrow(/no longer wanted|given up/);
      await expectClosed();
    });
  });

  it('slows the upstream down while nobody reads, and loses no byte', async () => {
    const piece = randomBytes(MIB);
    const total = 16;
    let written = 0;
    answer = (response) => {
      const encoder = createGzip({ level: 1 });
      encoder.pipe(head(response, 'gzip'));
      const fill = (): void => {
        if (written === total) encoder.end();
        else
          encoder.write(piece, () => {
            written += 1;
            fill();
          });
      };
      fill();
    };
    const { body } = await ask();
    const first = await body.read();
    expect(await settled(() => written)).toBeLessThan(total / 2);
    const rest = await readAll(body);
    expect(Buffer.concat([first ?? Buffer.alloc(0), rest])).toHaveLength(total * MIB);
  });

  it('does not expand a bomb into memory ahead of a slow reader', async () => {
    const bomb = gzipSync(Buffer.alloc(200 * MIB));
    answer = (response) => head(response, 'gzip').end(bomb);
    const before = process.memoryUsage().arrayBuffers;
    const { body } = await ask();
    let read = (await body.read())?.length ?? 0;
    // Nothing moves any more, and only what may wait has been added.
    await settled(() => process.memoryUsage().arrayBuffers);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 * MIB);
    for (let chunk = await body.read(); chunk !== null; chunk = await body.read()) read += chunk.length;
    expect(read).toBe(200 * MIB);
  });

  it('gives the body of an encoding that it does not know as it came, and says so', async () => {
    const bytes = gzipSync(brotliCompressSync(EVENT));
    answer = (response) => head(response, 'br, gzip').end(bytes);
    const { headers, body } = await ask();
    expect(headers['content-encoding']).toBe('br, gzip');
    expect(await readAll(body)).toEqual(bytes);
  });
});
