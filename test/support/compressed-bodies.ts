import type { Transform } from 'node:stream';
import { finished } from 'node:stream/promises';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import type { AnswerBody } from '../../src/core/egress/upstream-body.js';
import { eventually } from './eventually.ts';

export const ENCODERS: readonly (readonly [name: string, encoding: string, encode: (bytes: Buffer) => Buffer])[] = [
  ['gzip', 'gzip', (bytes: Buffer): Buffer => gzipSync(bytes)],
  ['deflate', 'deflate', (bytes: Buffer): Buffer => deflateSync(bytes)],
  ['bare deflate', 'deflate', (bytes: Buffer): Buffer => deflateRawSync(bytes)],
  ['br', 'br', (bytes: Buffer): Buffer => brotliCompressSync(bytes)],
  ['zstd', 'zstd', (bytes: Buffer): Buffer => zstdCompressSync(bytes)],
];

export async function readAll(body: AnswerBody): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for (let chunk = await body.read(); chunk !== null; chunk = await body.read()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** What comes before the fault, and the fault. */
export async function readToFault(body: AnswerBody): Promise<{ bytes: Buffer; fault: unknown }> {
  const chunks: Buffer[] = [];
  try {
    for (let chunk = await body.read(); chunk !== null; chunk = await body.read()) chunks.push(chunk);
  } catch (fault) {
    return { bytes: Buffer.concat(chunks), fault };
  }
  throw new Error('The body has ended cleanly');
}

/** The part so many times, compressed. */
export async function pack(encoder: Transform, part: Buffer, times: number): Promise<Buffer[]> {
  const packed: Buffer[] = [];
  encoder.on('data', (chunk: Buffer) => packed.push(chunk));
  for (let n = 0; n < times; n++) await new Promise((resolve) => encoder.write(part, resolve));
  encoder.end();
  await finished(encoder);
  return packed;
}

/** The bytes in pieces that end at the given places, taken around the length. */
export function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...places.map((place) => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end)).filter(({ length }) => length > 0);
}

/** A figure that has begun to grow, once it has stood still for a while. */
export async function settled(figure: () => number): Promise<number> {
  let last = figure();
  let since = performance.now();
  return eventually(() => {
    if (figure() !== last) since = performance.now();
    last = figure();
    return Promise.resolve(performance.now() - since > 100 && last > 0 ? last : null);
  });
}
