import { randomBytes } from 'node:crypto';
import {
  brotliCompressSync,
  constants,
  createBrotliCompress,
  createDeflate,
  createGunzip,
  createGzip,
  createInflate,
  createZstdCompress,
  deflateSync,
  gzipSync,
} from 'node:zlib';
import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { cut, ENCODERS, pack, readAll, readToFault, settled } from '../../../test/support/compressed-bodies.ts';
import { eventually } from '../../../test/support/eventually.ts';
import { DECODERS, decodeAnswer } from './content-encoding.js';
import { DecodedBody, type OpenDecoder } from './decoded-body.js';
import { EgressError } from './egress-error.js';
import { type AnswerBody, type BodyControl, UpstreamBody } from './upstream-body.js';

const KIB = 1024;
const MIB = 1024 * KIB;
/** What may wait decoded: the marks of the body and of the decoder, and less than a piece of 16 KiB beyond each. */
const AHEAD_BYTES = 112 * KIB;

describe('DecodedBody', () => {
  let control: { [K in keyof BodyControl]: jest.Mock<BodyControl[K]> };
  let source: UpstreamBody;
  let giveUp: AbortController;

  beforeEach(() => {
    control = { pause: jest.fn(), resume: jest.fn(), abort: jest.fn() };
    source = new UpstreamBody(control);
    giveUp = new AbortController();
  });

  const decoded = (encoding: string): AnswerBody =>
    decodeAnswer({ 'content-encoding': encoding }, source, giveUp.signal).body;

  /** A body whose decoder the test can look into. */
  const opened = (encoding = 'gzip'): { sut: DecodedBody; decoder: ReturnType<OpenDecoder>; given: () => number } => {
    const open = DECODERS.get(encoding);
    if (open === undefined) throw new Error(`No decoder for ${encoding}`);
    const decoder = open(Buffer.from('x'));
    let bytes = 0;
    const sut = new DecodedBody(
      source,
      () => {
        decoder.on('data', (chunk: Buffer) => (bytes += chunk.length));
        return decoder;
      },
      giveUp.signal,
    );
    return { sut, decoder, given: () => bytes + decoder.readableLength };
  };

  describe.each(ENCODERS)('%s', (_name, encoding, encode) => {
    it('gives what was encoded, whatever the pieces in which it comes', async () => {
      const pieces = fc.oneof(
        fc.uint8Array({ maxLength: 200 }),
        fc.tuple(fc.nat({ max: 255 }), fc.nat({ max: 200 * KIB })).map(([byte, size]) => Buffer.alloc(size, byte)),
      );
      await fc.assert(
        fc.asyncProperty(
          fc.array(pieces, { maxLength: 4 }),
          fc.array(fc.nat(), { maxLength: 20 }),
          async (parts, at) => {
            source = new UpstreamBody(control);
            const plain = Buffer.concat(parts);
            const sut = decoded(encoding);
            for (const chunk of cut(encode(plain), at)) source.push(chunk);
            source.end();
            expect((await readAll(sut)).equals(plain)).toBe(true);
          },
        ),
        { numRuns: 60 },
      );
    });

    it('gives one compressed stream behind the other, wherever the pieces are cut', async () => {
      const both = Buffer.concat([
        encode(Buffer.from('first ')),
        encode(Buffer.alloc(0)),
        encode(Buffer.from('second')),
      ]);
      for (let at = 0; at <= both.length; at++) {
        source = new UpstreamBody(control);
        const sut = decoded(encoding);
        for (const chunk of cut(both, [at])) source.push(chunk);
        source.end();
        expect((await readAll(sut)).toString()).toBe('first second');
      }
    });

    it('is never a clean end where the end is missing', async () => {
      const bytes = encode(Buffer.from('Hello hello hello'));
      for (let length = 1; length < bytes.length; length++) {
        source = new UpstreamBody(control);
        const sut = decoded(encoding);
        source.push(bytes.subarray(0, length));
        source.end();
        expect(await readToFault(sut)).toMatchObject({ fault: { fault: 'reset' } });
      }
    });

    it('names bytes that are no such stream garbage, and ends the exchange', async () => {
      const sut = decoded(encoding);
      source.push(Buffer.from('{"type":"message"}'.repeat(9)));
      const { fault } = await readToFault(sut);
      expect(fault).toBeInstanceOf(EgressError);
      expect(fault).toMatchObject({ fault: 'garbage' });
      expect(control.abort).toHaveBeenCalledTimes(1);
    });

    it('takes a body without any byte for an empty one', async () => {
      const sut = decoded(encoding);
      source.end();
      expect(await sut.read()).toBeNull();
    });
  });

  it('names what stands behind the end and is no further stream garbage', async () => {
    const sut = decoded('gzip');
    source.push(gzipSync('whole'));
    source.push(Buffer.from('<!-- a page -->'));
    source.end();
    const { bytes, fault } = await readToFault(sut);
    expect(bytes.toString()).toBe('whole');
    expect(fault).toMatchObject({ fault: 'garbage' });
  });

  it('refuses a zstd stream that wants more memory than HTTP allows', async () => {
    const sut = decoded('zstd');
    // A frame header that asks for a window of 128 MiB.
    source.push(Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 17 << 3, 0x01, 0x00, 0x00]));
    source.end();
    expect(await readToFault(sut)).toMatchObject({ fault: { fault: 'garbage' } });
  });

  it.each([
    ['the exchange broke', 'aborted', new EgressError('aborted', 'broken')],
    ['the end that is missing', 'reset', null],
  ])('gives all that was decoded before %s, even to a reader that comes late', async (_, fault, broken) => {
    const plain = Buffer.alloc(70 * KIB, 'abc');
    const { sut, given } = opened();
    source.push(gzipSync(plain).subarray(0, -8));
    await settled(given);
    if (broken === null) source.end();
    else source.fail(broken);
    await new Promise((resolve) => setTimeout(resolve, 30));
    const read = await readToFault(sut);
    expect(read.bytes.equals(plain)).toBe(true);
    expect(read.fault).toMatchObject({ fault });
  });

  it.each([
    ['gzip', createGzip],
    ['deflate', createDeflate],
    ['br', () => createBrotliCompress({ params: { [constants.BROTLI_PARAM_QUALITY]: 3 } })],
    ['zstd', createZstdCompress],
  ])(
    'expands %s no further than the mark while nobody reads, and takes up again with the reader',
    async (name, create) => {
      const size = 200 * MIB;
      const packed = await pack(create(), Buffer.alloc(MIB), size / MIB);
      const { sut, decoder, given } = opened(name);
      for (const chunk of packed) source.push(chunk);
      source.end();
      expect(await settled(given)).toBeLessThan(AHEAD_BYTES);
      let read = 0;
      let ahead = 0;
      for (let chunk = await sut.read(); chunk !== null; chunk = await sut.read()) {
        read += chunk.length;
        ahead = Math.max(ahead, given() - read);
      }
      expect(ahead).toBeLessThan(AHEAD_BYTES);
      expect(read).toBe(size);
      expect(decoder.closed).toBe(true);
    },
  );

  it('begins no further of many small streams than the mark allows', async () => {
    const open = jest.fn<OpenDecoder>(() => createInflate());
    const sut = new DecodedBody(source, open, giveUp.signal);
    source.push(Buffer.concat(Array<Buffer>(100).fill(deflateSync(Buffer.alloc(16 * KIB)))));
    source.end();
    expect(await settled(() => open.mock.calls.length)).toBeLessThan(8);
    expect(await readAll(sut)).toHaveLength(100 * 16 * KIB);
  });

  it('pauses the socket behind a decoder that nobody reads', async () => {
    const plain = randomBytes(600 * KIB);
    const sut = decoded('gzip');
    for (const chunk of cut(
      gzipSync(plain),
      Array.from({ length: 300 }, (_, at) => at * 2000),
    )) {
      source.push(chunk);
      await new Promise((resolve) => setImmediate(resolve));
    }
    source.end();
    expect(control.pause).toHaveBeenCalled();
    expect((await readAll(sut)).equals(plain)).toBe(true);
    expect(control.resume).toHaveBeenCalled();
  });

  describe('given up', () => {
    const reason = new Error('no longer wanted');

    it.each([
      ['before the first byte', Buffer.alloc(0)],
      ['in the middle', gzipSync('Hello').subarray(0, 12)],
      ['while the decoder waits for the reader', gzipSync(Buffer.alloc(4 * MIB))],
    ])('%s, it ends the exchange and the decoder', async (_, bytes) => {
      const { sut, decoder } = opened();
      if (bytes.length > 0) source.push(bytes);
      await new Promise((resolve) => setTimeout(resolve, 30));
      sut.abort(reason);
      sut.abort(new Error('again'));
      expect((await readToFault(sut)).fault).toBe(reason);
      expect(control.abort.mock.calls).toEqual([[reason]]);
      if (bytes.length > 0) expect(decoder.destroyed).toBe(true);
    });

    it('before what has come is decoded, it begins no decoder', async () => {
      const open = jest.fn<OpenDecoder>();
      source.push(gzipSync('Hello'));
      const sut = new DecodedBody(source, open, giveUp.signal);
      sut.abort(reason);
      expect((await readToFault(sut)).fault).toBe(reason);
      await new Promise((resolve) => setImmediate(resolve));
      expect(open).not.toHaveBeenCalled();
    });

    it('while bytes are being decoded, it ends', async () => {
      const { sut, decoder } = opened();
      source.push(gzipSync(Buffer.alloc(4 * MIB)));
      const read = sut.read();
      await Promise.resolve();
      sut.abort(reason);
      await expect(read).rejects.toBe(reason);
      await eventually(() => Promise.resolve(decoder.closed ? true : null));
    });

    it('by the signal after all has come, it ends the decoder', async () => {
      const { sut, decoder, given } = opened();
      source.push(gzipSync(Buffer.alloc(4 * MIB)));
      source.end();
      await settled(given);
      giveUp.abort(reason);
      expect(decoder.destroyed).toBe(true);
      expect(await readToFault(sut)).toMatchObject({ fault: { fault: 'aborted', cause: reason } });
    });

    it('at whatever moment, no decoder stays open', async () => {
      const twice = Buffer.concat(Array(2).fill(gzipSync(Buffer.alloc(300 * KIB))));
      await fc.assert(
        fc.asyncProperty(fc.nat({ max: 30 }), fc.array(fc.nat(), { maxLength: 5 }), async (turns, at) => {
          source = new UpstreamBody(control);
          const decoders: ReturnType<OpenDecoder>[] = [];
          const open: OpenDecoder = () => decoders[decoders.push(createGunzip()) - 1] ?? createGunzip();
          const sut = new DecodedBody(source, open, giveUp.signal);
          for (const chunk of cut(twice, at)) source.push(chunk);
          source.end();
          const reading = readAll(sut).catch(() => null);
          for (let n = 0; n < turns; n++) await new Promise((resolve) => setImmediate(resolve));
          sut.abort(reason);
          await reading;
          await eventually(() => Promise.resolve(decoders.every((decoder) => decoder.closed) ? true : null));
        }),
      );
    });

    it('after its end, nothing happens', async () => {
      const sut = decoded('gzip');
      source.push(gzipSync('Hello'));
      source.end();
      await readAll(sut);
      sut.abort(reason);
      giveUp.abort(reason);
      expect(await sut.read()).toBeNull();
      expect(control.abort).not.toHaveBeenCalled();
    });
  });

  it('leaves nothing on the signal behind it', async () => {
    const removed = jest.spyOn(giveUp.signal, 'removeEventListener');
    const sut = decoded('br');
    source.push(brotliCompressSync('Hello'));
    source.end();
    await readAll(sut);
    await eventually(() => Promise.resolve(removed.mock.calls.length > 0 ? true : null));
  });
});
