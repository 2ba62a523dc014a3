import { PassThrough } from 'node:stream';
import type { Socket } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { answerClientError } from './client-error.js';

/** What goes out on a socket that fails with a code. */
function answerTo(code: string | undefined, state: object = {}): string {
  const socket = new PassThrough().on('error', () => undefined);
  const written: string[] = [];
  socket.write = (chunk: unknown) => written.push(String(chunk)) > 0;
  answerClientError(
    Object.assign(new Error('x'), code === undefined ? {} : { code }),
    Object.assign(socket, state) as unknown as Socket,
  );
  return written.join('');
}

describe('answerClientError', () => {
  it.each([
    ['HPE_HEADER_OVERFLOW', 'HTTP/1.1 431 Request Header Fields Too Large'],
    ['ERR_HTTP_REQUEST_TIMEOUT', 'HTTP/1.1 408 Request Timeout'],
    ['HPE_INVALID_METHOD', 'HTTP/1.1 400 Bad Request'],
    [undefined, 'HTTP/1.1 400 Bad Request'],
  ])('answers %s in one whole answer', (code, status) => {
    const [head = '', body = ''] = answerTo(code).split('\r\n\r\n');
    const lines = head.split('\r\n');
    expect(lines[0]).toBe(status);
    expect(lines).toContain(`content-length: ${Buffer.byteLength(body)}`);
    expect(lines).toContain('connection: close');
    expect(lines).toContain(`x-relay-request-id: ${(JSON.parse(body) as { requestId: string }).requestId}`);
  });

  it('says nothing to a peer that is gone or that is being answered', () => {
    expect(answerTo('ECONNRESET')).toBe('');
    expect(answerTo('HPE_INVALID_METHOD', { _httpMessage: { headersSent: true } })).toBe('');
    expect(answerTo('HPE_INVALID_METHOD', { _httpMessage: { headersSent: false } })).not.toBe('');
    expect(answerTo('HPE_INVALID_METHOD', { _httpMessage: null })).not.toBe('');
  });

  it('does not touch a socket that is closed', () => {
    const socket = new PassThrough();
    socket.end();
    expect(answerTo('HPE_INVALID_METHOD', { destroy: () => socket, writable: false })).toBe('');
    expect(answerTo('HPE_INVALID_METHOD', { destroyed: true })).toBe('');
  });
});
