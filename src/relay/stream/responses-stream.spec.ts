import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RelayError, type StreamEvent } from '@crs/extension-api';
import { SseDecoder } from '@crs/sse';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { FastifyReply } from 'fastify';
import fc from 'fast-check';
import { noMeter } from '../../../test/support/no-meter.ts';
import { UpstreamBody } from '../../core/egress/upstream-body.js';
import { AttemptFailedError } from '../attempt/attempt-failed.error.js';
import { toRefusal } from '../attempt/refusal.js';
import { responses } from '../protocols/responses.js';
import { ClientStream, type StreamEnd } from './client-stream.js';
import { holdUntilContent } from './first-event.js';
import { StreamTracker } from './stream-tracker.js';

const OWN = new RelayError('upstream_failed', 'The upstream broke off the answer.');
const ID = 'req_1';

/** What a client got: its events, whether the answer was ended cleanly, and how the gateway saw it. */
interface Told {
  readonly text: string;
  readonly events: readonly string[];
  readonly isCut: boolean;
  readonly end: StreamEnd;
}

const decode = (bytes: Buffer): readonly StreamEvent[] => new SseDecoder().push(bytes);

const dataOf = (bytes: Buffer): readonly string[] => decode(bytes).map(({ data }) => data);

/** @param isNamed with the event's name in a line of its own, as OpenAI has it; some compatible upstreams leave it out */
const sse = (type: string, members: object = {}, isNamed = true): string =>
  `${isNamed ? `event: ${type}\n` : ''}data: ${JSON.stringify({ type, ...members })}\n\n`;

const created = sse('response.created', { response: { id: 'r', model: 'gpt-5', status: 'in_progress' } });
const delta = sse('response.output_text.delta', { delta: 'Hä€' });
const completed = sse('response.completed', { response: { id: 'r', model: 'gpt-5', status: 'completed' } });
const failed = (code: string): string =>
  sse('response.failed', { response: { id: 'r', status: 'failed', error: { code, message: 'words' } } });

function cut(text: string, sizes: readonly number[]): Buffer[] {
  const bytes = Buffer.from(text);
  const chunks: Buffer[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

const sizes = fc.array(fc.integer({ min: 1, max: 120 }), { minLength: 1, maxLength: 8 });
const isNamed = fc.boolean();
const opening = fc
  .tuple(
    fc.constantFrom('response.created', 'response.queued', 'response.in_progress', 'response.output_item.added', 'odd'),
    isNamed,
  )
  .map(([type, named]) => sse(type, { response: { id: 'r' } }, named));
const sign = fc.constantFrom(': keep-alive\n\n', sse('keepalive'), sse('ping', {}, false));
const content = fc
  .tuple(fc.constantFrom('response.output_text.delta', 'response.output_item.done', 'response.future.delta'), isNamed)
  .map(([type, named]) => sse(type, { delta: 'x\n€' }, named));
const final = fc
  .tuple(fc.constantFrom('response.completed', 'response.incomplete'), isNamed)
  .map(([type, named]) => sse(type, { response: { output: [] } }, named));
const joined = (part: fc.Arbitrary<string>, maxLength: number) =>
  fc.array(part, { maxLength }).map((parts) => parts.join(''));
/** Up to and with the commit point, and what may follow it. */
const begun = fc
  .tuple(joined(fc.oneof(opening, sign), 6), content, joined(fc.oneof(opening, content), 4))
  .map((parts) => parts.join(''));

const isSign = (data: string): boolean => /"(?:keepalive|ping)"/.test(data);
const withoutSigns = (text: string): readonly string[] => dataOf(Buffer.from(text)).filter((data) => !isSign(data));

describe('a stream of the Responses protocol', () => {
  let server: Server;

  beforeAll(async () => {
    server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
  });

  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const createBody = (chunks: readonly Buffer[]): UpstreamBody => {
    const body = new UpstreamBody({ pause: () => undefined, resume: () => undefined, abort: () => undefined });
    for (const chunk of chunks) body.push(chunk);
    return body;
  };

  const hold = async (body: UpstreamBody) => {
    const tracker = new StreamTracker(responses, noMeter());
    const rest = { status: 200, headers: {}, body };
    return { tracker, rest, held: await holdUntilContent(rest, tracker, { protocol: responses, idleMs: 60_000 }) };
  };

  /** Has a client of its own ask. */
  const connect = async (): Promise<{ sut: ClientStream; answer: Promise<IncomingMessage> }> => {
    const outgoing = request({ port: (server.address() as AddressInfo).port, agent: false });
    const answer = once(outgoing, 'response').then(([incoming]) => incoming as IncomingMessage);
    outgoing.end();
    const [, response] = (await once(server, 'request')) as [unknown, ServerResponse];
    const reply = { raw: response, hijack: () => undefined, getHeaders: () => ({}) } as unknown as FastifyReply;
    return { sut: new ClientStream(reply, responses, ID), answer };
  };

  const readAll = async (answer: IncomingMessage): Promise<{ bytes: Buffer; isCut: boolean }> => {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of answer) chunks.push(chunk as Buffer);
      return { bytes: Buffer.concat(chunks), isCut: false };
    } catch {
      return { bytes: Buffer.concat(chunks), isCut: true };
    }
  };

  /** @param close how the upstream ends its answer */
  const relay = async (chunks: readonly Buffer[], close: (body: UpstreamBody) => void): Promise<Told> => {
    const body = createBody(chunks);
    close(body);
    const { sut, answer } = await connect();
    const stream = await hold(body);
    const ended = sut.sendStream(
      { kind: 'stream', status: 200, headers: { 'content-type': 'text/event-stream' }, ...stream },
      {
        stopping: new AbortController().signal,
        idleMs: 60_000,
        errorFor: () => OWN,
        beforeFinal: () => Promise.resolve(),
      },
    );
    const { bytes, isCut } = await readAll(await answer);
    return { text: bytes.toString(), events: dataOf(bytes), isCut, end: await ended };
  };

  const ends = (body: UpstreamBody): void => {
    body.end();
  };
  const breaks = (body: UpstreamBody): void => {
    body.fail(new AttemptFailedError({ kind: 'transport', reason: 'reset', detail: '' }));
  };
  const ownWords = dataOf(responses.errorEvent(OWN, ID));

  it('passes whole however it is cut, and is ended cleanly', async () => {
    const tail = fc.constantFrom('', 'data: [DONE]\n\n', ': bye\n\n');
    await fc.assert(
      fc.asyncProperty(begun, final, tail, sizes, async (head, last, after, cuts) => {
        const told = await relay(cut(head + last + after, cuts), ends);
        expect(told).toMatchObject({ isCut: false, end: 'completed' });
        expect(told.events).toEqual(withoutSigns(head + last + after));
        if (withoutSigns(head).length === dataOf(Buffer.from(head)).length) expect(told.text).toBe(head + last + after);
      }),
      { numRuns: 60 },
    );
  });

  it('is whole where its last event lacks only its blank line', async () => {
    for (const size of [1, 7, 5000]) {
      const told = await relay(cut(`${created}${delta}${completed.trimEnd()}`, [size]), ends);
      expect(told).toMatchObject({
        isCut: false,
        end: 'completed',
        events: dataOf(Buffer.from(created + delta + completed)),
      });
    }
  });

  it('is never ended cleanly where it does not come to its end, and says so once', async () => {
    const half = fc.constantFrom('', 'event: response.output_text.de', 'data: {"type":"response.comp', ': comm');
    await fc.assert(
      fc.asyncProperty(begun, half, sizes, fc.constantFrom(ends, breaks), async (head, rest, cuts, close) => {
        const told = await relay(cut(head + rest, cuts), close);
        expect(told).toMatchObject({ isCut: true, end: 'upstream_broken' });
        expect(told.events.slice(-1)).toEqual(ownWords);
        const whole = withoutSigns(head);
        expect(told.events.slice(0, whole.length)).toEqual(whole);
        // The half event is ended, as no event of the protocol, before ours begins.
        expect(told.events.length).toBeLessThanOrEqual(whole.length + 2);
      }),
      { numRuns: 60 },
    );
  });

  it("passes the upstream's own failure behind content on, says no more, and does not believe a good end", async () => {
    const error = fc.constantFrom(
      failed('server_error'),
      failed('rate_limit_exceeded'),
      sse('error', { code: 'server_error', message: 'words' }, false),
    );
    await fc.assert(
      fc.asyncProperty(begun, error, sizes, fc.constantFrom('', completed), async (head, fault, cuts, after) => {
        const told = await relay(cut(head + fault + after, cuts), breaks);
        expect(told).toMatchObject({ isCut: true, end: 'upstream_broken' });
        expect(told.events).toEqual(withoutSigns(head + fault));
      }),
      { numRuns: 60 },
    );
  });

  it("never shows that the gateway's own access was refused", async () => {
    await fc.assert(
      fc.asyncProperty(
        begun,
        fc.constantFrom('invalid_api_key', 'insufficient_quota'),
        sizes,
        async (head, code, cuts) => {
          const told = await relay(cut(head + failed(code) + completed, cuts), ends);
          expect(told).toMatchObject({ isCut: true, end: 'upstream_broken' });
          // Where half of it has left already the rest never comes, and so it is no event.
          const whole = withoutSigns(head);
          expect([whole, [...whole, ...ownWords]]).toContainEqual(told.events);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('counts an error behind the end for nothing', async () => {
    const told = await relay(cut(created + delta + completed + failed('server_error'), [5000]), ends);
    expect(told).toMatchObject({ isCut: false, end: 'completed' });
  });

  describe('that fails before any content', () => {
    const failureOf = async (text: string): Promise<AttemptFailedError> => {
      const reason: unknown = await hold(createBody(cut(text, [40]))).catch((error: unknown) => error);
      if (reason instanceof AttemptFailedError) return reason;
      throw new Error(`Not a failed attempt: ${String(reason)}`);
    };

    it('is a failed attempt with what it says, whatever came before', async () => {
      await fc.assert(
        fc.asyncProperty(joined(fc.oneof(opening, sign), 8), isNamed, async (head, named) => {
          const fault = sse('error', { code: 'rate_limit_exceeded', message: 'words', param: null }, named);
          expect((await failureOf(head + fault)).failure).toMatchObject({
            kind: 'error_event',
            errorType: 'rate_limit_exceeded',
            message: 'words',
          });
        }),
        { numRuns: 60 },
      );
    });

    it('goes back as it came, where only the client can mend it', async () => {
      const refusal = toRefusal(await failureOf(created + failed('context_length_exceeded')));
      const { sut, answer } = await connect();
      if (refusal.kind !== 'refusal') throw new Error(`Not a refusal: ${refusal.kind}`);
      sut.sendWhole(refusal);
      const incoming = await answer;
      expect(incoming).toMatchObject({ statusCode: 200 });
      expect(incoming.headers['content-type']).toContain('text/event-stream');
      expect((await readAll(incoming)).bytes.toString()).toBe(failed('context_length_exceeded'));
    });

    it('goes back as it came behind pings, too', async () => {
      const refusal = toRefusal(await failureOf(failed('context_length_exceeded')));
      const { sut, answer } = await connect();
      if (refusal.kind !== 'refusal') throw new Error(`Not a refusal: ${refusal.kind}`);
      sut.pingAfter(0);
      const incoming = await answer;
      sut.endPings();
      sut.sendWhole(refusal);
      const { bytes, isCut } = await readAll(incoming);
      expect(bytes.toString()).toBe(`: ping\n\n${failed('context_length_exceeded')}`);
      expect(isCut).toBe(true);
    });
  });

  it('holds through signs of life, however many, and gives none of the events among them', async () => {
    const flood = sse('keepalive').repeat(500);
    const { held } = await hold(createBody(cut(created + flood + delta, [9000])));
    expect(dataOf(held)).toEqual(dataOf(Buffer.from(created + delta)));
  });

  it('ends without any content only where it says so', async () => {
    const { held } = await hold(createBody(cut(created + completed, [30])));
    expect(held.toString()).toBe(created + completed);
    const body = createBody(cut(`${created}data: [DONE]\n\n`, [30]));
    body.end();
    await expect(hold(body)).rejects.toMatchObject({ failure: { kind: 'transport', reason: 'reset' } });
  });
});
