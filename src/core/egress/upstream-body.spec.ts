import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { type BodyControl, UpstreamBody } from './upstream-body.js';

const KIB = 1024;

describe('UpstreamBody', () => {
  let control: { [K in keyof BodyControl]: jest.Mock<BodyControl[K]> };
  let sut: UpstreamBody;

  beforeEach(() => {
    control = { pause: jest.fn(), resume: jest.fn(), abort: jest.fn() };
    sut = new UpstreamBody(control);
  });

  it('hands a chunk to the reader that waits for it', async () => {
    const read = sut.read();
    const chunk = Buffer.from('a');
    sut.push(chunk);
    expect(await read).toBe(chunk);
  });

  it('ends the reader that waits, and every later one', async () => {
    const read = sut.read();
    sut.end();
    expect(await read).toBeNull();
    expect(await sut.read()).toBeNull();
  });

  it('lets one reader wait at a time', async () => {
    const first = sut.read();
    await expect(sut.read()).rejects.toThrow('read already');
    sut.end();
    expect(await first).toBeNull();
  });

  it('gives what came before a fault first', async () => {
    sut.push(Buffer.from('a'));
    sut.fail(new Error('broken'));
    sut.fail(new Error('broken again'));
    expect((await sut.read())?.toString()).toBe('a');
    await expect(sut.read()).rejects.toThrow(/^broken$/);
  });

  it('ends the exchange once when it is given up, and tells the reader why', async () => {
    const read = sut.read();
    sut.abort(new Error('no longer wanted'));
    sut.abort(new Error('again'));
    await expect(read).rejects.toThrow('no longer wanted');
    expect(control.abort).toHaveBeenCalledTimes(1);
  });

  it('leaves an exchange alone that has ended by itself', () => {
    sut.end();
    sut.abort(new Error('too late'));
    expect(control.abort).not.toHaveBeenCalled();
  });

  it('pauses the socket when 64 KiB wait, and restarts it when all of it has been read', async () => {
    sut.push(Buffer.alloc(63 * KIB));
    expect(control.pause).not.toHaveBeenCalled();
    sut.push(Buffer.alloc(KIB));
    sut.push(Buffer.alloc(KIB));
    expect(control.pause).toHaveBeenCalledTimes(1);
    await sut.read();
    await sut.read();
    expect(control.resume).not.toHaveBeenCalled();
    await sut.read();
    expect(control.resume).toHaveBeenCalledTimes(1);
  });

  it('gives all bytes in order, whatever comes first, chunk or reader', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ minLength: 1 })), fc.array(fc.boolean()), async (chunks, pushFirst) => {
        const body = new UpstreamBody(control);
        const reads: Promise<Buffer | null>[] = [];
        for (const [index, chunk] of chunks.entries()) {
          if (pushFirst[index] === true) body.push(Buffer.from(chunk));
          reads.push(body.read());
          if (pushFirst[index] !== true) body.push(Buffer.from(chunk));
          await reads[index];
        }
        body.end();
        const read = (await Promise.all(reads)).map((chunk) => chunk ?? Buffer.alloc(0));
        expect(Buffer.concat(read)).toEqual(Buffer.concat(chunks));
      }),
    );
  });
});
