import type { Socket } from 'node:net';
import { PROBLEM_CONTENT_TYPE, type ProblemDetails } from './problem-details.js';
import { createRequestId, REQUEST_ID_HEADER } from './request-id.js';

type Refusal = readonly [status: number, title: string, detail: string];

const INVALID: Refusal = [400, 'Bad Request', 'This is not a valid HTTP request.'];
const CLIENT_ERRORS: Readonly<Record<string, Refusal>> = {
  HPE_HEADER_OVERFLOW: [
    431,
    'Request Header Fields Too Large',
    'The request headers are larger than this server accepts.',
  ],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout', 'The request did not arrive in time.'],
};

/** Answers a connection whose bytes never became a request (bad HTTP, too many headers, too slow), and closes it. */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  if (socket.writable && !isAnswering(socket)) socket.write(rawAnswer(error.code ?? ''));
  socket.destroy(error);
}

/** An answer is on its way over this connection (Node's own mark); a second head would become a part of it. */
function isAnswering(socket: Socket & { readonly _httpMessage?: { readonly headersSent: boolean } | null }): boolean {
  return socket._httpMessage?.headersSent === true;
}

function rawAnswer(code: string): string {
  const [status, title, detail] = CLIENT_ERRORS[code] ?? INVALID;
  const requestId = createRequestId();
  const problem: ProblemDetails = { type: 'about:blank', title, status, detail, instance: '', requestId };
  const body = JSON.stringify(problem);
  return [
    `HTTP/1.1 ${status} ${title}`,
    `content-type: ${PROBLEM_CONTENT_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    `${REQUEST_ID_HEADER}: ${requestId}`,
    'connection: close',
    '',
    body,
  ].join('\r\n');
}
