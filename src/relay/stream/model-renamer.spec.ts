import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { noMeter } from '../../../test/support/no-meter.ts';
import { UpstreamBody } from '../../core/egress/upstream-body.js';
import { anthropic } from '../protocols/anthropic.js';
import type { Protocol } from '../protocols/protocol.js';
import { responses } from '../protocols/responses.js';
import { ModelRenamer } from './model-renamer.js';
import { TranslatedBody } from './translated-body.js';

const OWN = 'vendor-"gpt"';
const ASKED = 'gpt-"5"€';

/** One event as an upstream may write it, and as the client shall get it. */
interface Pair {
  readonly sent: string;
  readonly told: string;
}

const same = (text: string): Pair => ({ sent: text, told: text });

/** `{}` stands for the name. */
const naming = (template: string): Pair => ({
  sent: template.replace('{}', JSON.stringify(OWN)),
  told: template.replace('{}', JSON.stringify(ASKED)),
});

const INSTRUCTIONS = JSON.stringify({ model: 'no', text: '"model":"no"' });
const whole = (type: string, isNamed: boolean, newline: string): Pair =>
  naming(
    `${isNamed ? `event: ${type}${newline}` : ''}data: {"type":"${type}", "response" : {"id":"r","metadata":${INSTRUCTIONS},"model": {} ,"output":[{"model":"no"}]},"model":"no"}${newline}${newline}`,
  );

const event: fc.Arbitrary<Pair> = fc.oneof(
  fc
    .tuple(
      fc.constantFrom('response.created', 'response.in_progress', 'response.completed', 'response.failed'),
      fc.boolean(),
      fc.constantFrom('\n', '\r\n', '\r'),
    )
    .map((parts) => whole(...parts)),
  fc
    .constantFrom(
      'event: response.output_text.delta\ndata: {"response":{"model":"no"}}\n\n',
      'event: response.completed\ndata: {"response":{}}\n\n',
      'event: response.completed\ndata: no JSON\n\n',
      'event: response.completed\ndata: {"response":\ndata: {"model":"two lines"}}\n\n',
      'data: [DONE]\n\n',
      ': a comment\n\n',
      'id: 7\nretry: 10\n\n',
    )
    .map(same),
);

async function relayed(chunks: readonly Buffer[], protocol: Protocol): Promise<string> {
  const source = new UpstreamBody({ pause: () => undefined, resume: () => undefined, abort: () => undefined });
  for (const chunk of chunks) source.push(chunk);
  source.end();
  const sut = new TranslatedBody(source, new ModelRenamer(protocol, ASKED), noMeter());
  const told: Buffer[] = [];
  for (let chunk = await sut.read(); chunk !== null; chunk = await sut.read()) told.push(chunk);
  return Buffer.concat(told).toString();
}

describe('ModelRenamer', () => {
  it('shows the name that was asked for wherever the protocol names the model, and changes no other byte', async () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 8 }), sizes, async (events, cuts) => {
        const bytes = Buffer.from(events.map(({ sent }) => sent).join(''));
        const chunks: Buffer[] = [];
        for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
          const size = cuts[turn % cuts.length] ?? 1;
          chunks.push(bytes.subarray(at, at + size));
          at += size;
        }
        expect(await relayed(chunks, responses)).toBe(events.map(({ told }) => told).join(''));
      }),
      { numRuns: 300 },
    );
  });

  it('renames in a last event without its blank line, and adds that', async () => {
    const { sent, told } = whole('response.completed', true, '\n');
    expect(await relayed([Buffer.from(sent.trimEnd())], responses)).toBe(`${told.trimEnd()}\n\n`);
  });

  it('lets pass what follows the only event that names it as it comes, ended or not', async () => {
    const source = new UpstreamBody({ pause: () => undefined, resume: () => undefined, abort: () => undefined });
    const sut = new TranslatedBody(source, new ModelRenamer(anthropic, ASKED), noMeter());
    const half = 'event: content_block_delta\ndata: {"type":"content_block_de';
    source.push(Buffer.from(`event: message_start\ndata: {"message":{"model":${JSON.stringify(OWN)}}}\n\n${half}`));
    expect(String(await sut.read())).toBe(
      `event: message_start\ndata: {"message":{"model":${JSON.stringify(ASKED)}}}\n\n${half}`,
    );
    source.push(Buffer.from('lta"'));
    expect(String(await sut.read())).toBe('lta"');
    source.push(Buffer.from('}\n'));
    source.end();
    expect(String(await sut.read())).toBe('}\n');
    expect(String(await sut.read())).toBe('\n\n');
  });

  it('knows where the Anthropic protocol names the model', async () => {
    const start = naming('event: message_start\ndata: {"type":"message_start","message":{"model":{}}}\n\n');
    const rest = 'event: content_block_delta\ndata: {"type":"content_block_delta","message":{"model":"no"}}\n\n';
    expect(await relayed([Buffer.from(start.sent + rest)], anthropic)).toBe(start.told + rest);
  });
});
