import type { IncomingHttpHeaders } from 'node:http';
import {
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
} from 'node:zlib';
import { DecodedBody, type OpenDecoder } from './decoded-body.js';
import type { AnswerBody } from './upstream-body.js';

/** What a decoder may give ahead of its reader. */
const PACE = { chunkSize: 16 * 1024, highWaterMark: 16 * 1024 };

/** The largest window that an HTTP answer may ask of its reader (RFC 9659): 8 MiB, as a power of two. */
const ZSTD_WINDOW_LOG_MAX = 23;

/** The low four bits of the first byte of a zlib stream; a bare deflate stream does not begin with them. */
const ZLIB_METHOD = 8;

const openGzip: OpenDecoder = () => createGunzip(PACE);

/** The name means a zlib stream (RFC 9110, 8.4.1.2); some servers send the bare deflate stream that is inside one. */
const openDeflate: OpenDecoder = (first) =>
  (first.readUInt8() & 0x0f) === ZLIB_METHOD ? createInflate(PACE) : createInflateRaw(PACE);

const openZstd: OpenDecoder = () =>
  createZstdDecompress({ ...PACE, params: { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG_MAX } });

/** What can be decoded, by the names of `content-encoding`. */
export const DECODERS: ReadonlyMap<string, OpenDecoder> = new Map([
  ['gzip', openGzip],
  ['x-gzip', openGzip],
  ['deflate', openDeflate],
  ['br', () => createBrotliDecompress(PACE)],
  ['zstd', openZstd],
]);

interface Answer {
  readonly headers: IncomingHttpHeaders;
  readonly body: AnswerBody;
}

/**
 * The answer as if it had come plain: the body decoded, and the headers without what described its encoded form. Of an
 * encoding that is unknown, or of several on top of each other, both stay as they are.
 *
 * @param signal ends the decoding wherever it is
 */
export function decodeAnswer(headers: IncomingHttpHeaders, body: AnswerBody, signal: AbortSignal): Answer {
  // A header that was sent twice comes as an array, whatever its type says.
  const named: string | readonly string[] | undefined = headers['content-encoding'];
  if (named === undefined) return { headers, body };
  const encoding = [named].flat().join().trim().toLowerCase();
  const plain = { ...headers };
  delete plain['content-encoding'];
  if (encoding === 'identity' || encoding === '') return { headers: plain, body };
  const open = DECODERS.get(encoding);
  if (open === undefined) return { headers, body };
  delete plain['content-length'];
  return { headers: plain, body: new DecodedBody(body, open, signal) };
}
