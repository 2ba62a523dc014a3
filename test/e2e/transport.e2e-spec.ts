import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { expectWhole, questionOf, TwoAccounts } from '../support/two-accounts.ts';

const START =
  'event: message_start\ndata: {"type":"message_start","message":{"model":"m","usage":{"input_tokens":1,"output_tokens":1}}}\n\n';
const delta = (text: string): string =>
  `event: content_block_delta\ndata: {"type":"content_block_delta","delta":{"type":"text_delta","text":"${text}"}}\n\n`;
const DELTA_USAGE = 'event: message_delta\ndata: {"type":"message_delta","usage":{"output_tokens":7}}\n\n';
const STOP = 'event: message_stop\ndata: {"type":"message_stop"}\n\n';
/** Two, three and four bytes a character, and one that is made of several. */
const UNICODE = '\u{e4}\u{20ac}\u{1f600}\u{1f469}\u{200d}\u{1f469}\u{200d}\u{1f467}\u{d55c}';
const crlf = (text: string): string => text.replaceAll('\n', '\r\n');
const cr = (text: string): string => text.replaceAll('\n', '\r');

interface Shape {
  readonly name: string;
  readonly events: readonly string[];
  readonly pieceBytes?: number;
  /** What the gateway adds, so that a client takes the last event for whole; an empty line too many says nothing. */
  readonly added?: string;
}

const ONE_BY_ONE = [START, delta(UNICODE), DELTA_USAGE, STOP];

const SHAPES: readonly Shape[] = [
  { name: 'an event of 5 MB', events: [START, delta(randomBytes(2_500_000).toString('hex')), DELTA_USAGE, STOP] },
  {
    name: 'an event of 5 MB in pieces that cut through characters',
    events: [START, delta('€'.repeat(1_666_667)), DELTA_USAGE, STOP],
    pieceBytes: 65_537,
  },
  { name: 'lines that end in CR LF', events: ONE_BY_ONE.map(crlf) },
  { name: 'lines that end in CR LF, byte by byte', events: ONE_BY_ONE.map(crlf), pieceBytes: 1 },
  { name: 'lines that end in CR', events: ONE_BY_ONE.map(cr) },
  { name: 'lines that end in CR, byte by byte', events: ONE_BY_ONE.map(cr), pieceBytes: 1 },
  { name: 'lines that end in each way', events: [START, crlf(delta('x')), cr(DELTA_USAGE), STOP], pieceBytes: 3 },
  { name: 'a byte order mark', events: ['\u{feff}', ...ONE_BY_ONE], pieceBytes: 1 },
  { name: 'characters that come byte by byte', events: ONE_BY_ONE, pieceBytes: 1 },
  {
    name: 'comments before, between and inside of events',
    events: [
      ': first\n\n',
      START,
      ':\n\n',
      delta('x').replace('\ndata', '\n: inside\ndata'),
      ': ä\n',
      DELTA_USAGE,
      STOP,
    ],
  },
  {
    name: 'data of several lines',
    events: [
      START,
      'event: content_block_delta\ndata: {"type":"content_block_delta",\ndata:  "delta":\ndata:{"type":"text_delta","text":"x"}}\n\n',
      DELTA_USAGE,
      STOP,
    ],
  },
  { name: 'fields that nobody knows', events: [START, `id: 7\nretry: 10\nnew: 1\n${delta('x')}`, DELTA_USAGE, STOP] },
  {
    name: 'a last event without its blank line',
    events: [START, delta('x'), DELTA_USAGE, STOP.slice(0, -1)],
    added: '\n\n',
  },
  {
    name: 'a last event without its blank line, in CR LF',
    events: [START, delta('x'), DELTA_USAGE, STOP.slice(0, -1)].map(crlf),
    added: '\n\n',
  },
  { name: 'a last line without its end', events: [START, delta('x'), DELTA_USAGE, STOP.slice(0, -2)], added: '\n\n' },
];

/** Listens with a certificate that does not exist: no handshake comes to an end. */
async function startBrokenTls(): Promise<{ url: string; close: () => Promise<void> }> {
  const server = createServer();
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://127.0.0.1:${String(port)}`,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

describe('bytes on their way', () => {
  const pool = TwoAccounts.forSuite();

  /** The answer's bytes, as they came. */
  const receive = async (): Promise<{ bytes: Buffer; isWhole: boolean }> => {
    const options = { method: 'POST', agent: false, headers: pool.headers };
    const outgoing = request(`${pool.app.url}/api/v1/messages`, options);
    outgoing.end(JSON.stringify(questionOf(true)));
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
    const chunks: Buffer[] = [];
    for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
    return { bytes: Buffer.concat(chunks), isWhole: incoming.complete };
  };

  it.each(SHAPES)('come through a stream as they are: $name', async ({ events, pieceBytes, added = '' }) => {
    pool.simulator.setDefault('up-a', { events, ...(pieceBytes === undefined ? {} : { pieceBytes }) });
    const { bytes, isWhole } = await receive();
    const sent = Buffer.from(events.join('') + added);
    expect(isWhole).toBe(true);
    expect(bytes.length).toBe(sent.length);
    expect(bytes.equals(sent)).toBe(true);
    expect(pool.simulator.requests('up-b')).toEqual([]);
  });

  it.each([{}, { pieceBytes: 1 }, { pieceBytes: 11 }])(
    'are the same text when the upstream compresses them (%j)',
    async (pieces) => {
      const events = [': ä\n\n', crlf(START), delta(UNICODE), DELTA_USAGE, STOP];
      pool.simulator.setDefault('up-a', { events, gzip: true, ...pieces });
      expect((await receive()).bytes.toString()).toBe(events.join(''));
    },
  );

  it.each([true, false])('are those of the next account where a name is not known (stream: %s)', async (stream) => {
    const url = 'http://no-such-host.invalid';
    await pool.app.api('PUT', `/accounts/claude-console/${pool.first}`, { apiUrl: url });
    try {
      expectWhole(await pool.send(stream), stream);
      expect(await pool.availability()).toMatchObject({ available: false, reasons: ['cooling_down'] });
    } finally {
      await pool.app.api('PUT', `/accounts/claude-console/${pool.first}`, { apiUrl: pool.simulator.url });
    }
  });

  it.each([true, false])('are those of the next account where TLS fails (stream: %s)', async (stream) => {
    const broken = await startBrokenTls();
    await pool.app.api('PUT', `/accounts/claude-console/${pool.first}`, { apiUrl: broken.url });
    try {
      expectWhole(await pool.send(stream), stream);
      expect(await pool.availability()).toMatchObject({ available: false, reasons: ['cooling_down'] });
    } finally {
      await pool.app.api('PUT', `/accounts/claude-console/${pool.first}`, { apiUrl: pool.simulator.url });
      await broken.close();
    }
  });
});
