import type { StreamEvent } from '@crs/extension-api';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { chatQuestion, replyPlan } from '../../../../test/support/chat-question.js';
import { accumulated, chunksOf, readBack, saidBy } from '../../../../test/support/chat-told.js';
import type { ReplyPlan } from '../../../../test/support/simulator/reply.js';
import { responsesProtocol } from '../../../../test/support/simulator/responses-protocol.js';
import type { ContentBlock } from '../../../../test/support/simulator/step.js';
import { TranslatedBody } from '../../stream/translated-body.js';
import type { StreamTranslator } from '../../endpoint.js';
import { chatCompletions } from './chat-completions.protocol.js';
import { responsesBridge } from './responses-bridge.js';

const whole = (response: unknown): Buffer =>
  responsesBridge.toClient(Buffer.from(JSON.stringify(response)), chatQuestion);

const open = (): StreamTranslator => {
  const translator = responsesBridge.openStream(chatQuestion);
  if (translator === null) throw new Error('A stream is to be translated');
  return translator;
};

const event = (type: string, members: object = {}): StreamEvent => ({
  event: type,
  data: JSON.stringify({ type, ...members }),
});

const translate = (events: readonly StreamEvent[]): StreamEvent[] => {
  const translator = open();
  return readBack(Buffer.concat(events.map((one) => translator.translate(one, Buffer.alloc(0)))));
};

describe('a stream of Responses told as a chat', () => {
  const text = [{ type: 'text', text: 'Hello, world' }] as const;

  it('tells each piece when it comes', () => {
    const translator = open();
    const told = responsesProtocol
      .reply(replyPlan(text))
      .events.map((one) =>
        chunksOf(readBack(translator.translate({ event: one.event ?? null, data: one.data }, Buffer.alloc(0)))),
      );
    const contents = told.map((chunks) => chunks.map(({ choices }) => choices[0]?.delta.content));
    expect(contents.filter((pieces) => pieces.length > 0)).toEqual([
      [''],
      ['Hel'],
      ['lo,'],
      [' wo'],
      ['rld'],
      [undefined, undefined],
    ]);
  });

  it('commits to nothing before there is something to read', () => {
    const events = translate([
      event('response.created'),
      event('response.in_progress'),
      event('response.output_item.added', {
        output_index: 0,
        item: { type: 'function_call', call_id: 'c', name: 'f' },
      }),
    ]);
    expect(events.map((one) => chatCompletions.kindOf(one))).toEqual(['opening']);
  });

  it('passes on signs of life as comments', () => {
    expect(open().translate(event('keepalive'), Buffer.alloc(0)).toString()).toBe(': ping\n\n');
  });

  it('tells a call without arguments', () => {
    const call = { type: 'function_call', call_id: 'call_0', name: 'f', arguments: '' };
    const told = translate([
      event('response.output_item.done', { output_index: 0, item: call }),
      event('response.completed', { response: { output: [call] } }),
    ]);
    expect(accumulated(told)).toMatchObject({
      message: { tool_calls: [{ id: 'call_0', function: { arguments: '' } }] },
    });
  });

  it('waits with arguments of which it does not know whose they are', () => {
    const call = { type: 'function_call', call_id: 'call_0', name: 'f', arguments: '{"a":1}' };
    const told = translate([
      event('response.function_call_arguments.delta', { delta: '{"a"' }),
      event('response.output_item.done', { item: call }),
      event('response.completed', { response: {} }),
    ]);
    expect(accumulated(told)).toMatchObject({
      message: { tool_calls: [{ id: 'call_0', function: { arguments: '{"a":1}' } }] },
    });
  });

  it('tells the parts of a summary apart', () => {
    const piece = (delta: string, at: object): StreamEvent =>
      event('response.reasoning_summary_text.delta', { output_index: 0, delta, ...at });
    const told = translate([
      piece('One.', { summary_index: 0 }),
      piece('Two.', { summary_index: 1 }),
      piece(' More.', {}),
      event('response.completed', { response: {} }),
    ]);
    expect(accumulated(told)).toMatchObject({ message: { reasoning_content: 'One.\n\nTwo. More.' } });
  });

  it('reads the reason of the end from the event where the response does not tell its status', () => {
    expect(accumulated(translate([event('response.incomplete')]))).toMatchObject({ finish_reason: 'length' });
    expect(accumulated(translate([event('response.completed')]))).toMatchObject({ finish_reason: 'stop' });
  });

  it('says nothing of what it does not know, and nothing behind the end', () => {
    const noise = [
      event('response.new_thing'),
      event('response.output_text.delta'),
      { event: 'response.output_item.done', data: '?' },
    ];
    expect(translate(noise)).toEqual([]);
    const ended = translate([event('response.completed'), event('response.output_text.delta', { delta: 'late' })]);
    expect(ended.at(-1)?.data).toBe('[DONE]');
  });

  it.each([
    [
      event('response.failed', {
        response: { error: { code: 'rate_limit_exceeded', message: 'Slow.', resets_in_seconds: 7 } },
      }),
      { message: 'Slow.', type: 'rate_limit_exceeded', param: null, code: 'rate_limit_exceeded', resets_in_seconds: 7 },
    ],
    [
      event('error', { error: { type: 'requests', code: 'slow_down', message: 'Slow.', param: 'model' } }),
      { message: 'Slow.', type: 'requests', param: 'model', code: 'slow_down' },
    ],
    [
      { event: null, data: '{"type":"error","code":"server_error","message":"Oh."}' },
      { message: 'Oh.', type: 'server_error', param: null, code: 'server_error' },
    ],
    [
      { event: 'error', data: '?' },
      { message: '', type: 'server_error', param: null, code: 'server_error' },
    ],
  ])('ends with the error of %j', (failure, error) => {
    const [told, ...more] = translate([failure, event('response.completed')]);
    expect(more).toEqual([]);
    expect(JSON.parse(told?.data ?? '')).toEqual({ error });
    expect(told === undefined ? null : chatCompletions.kindOf(told)).toBe('error');
  });
});

const anyBlock: fc.Arbitrary<ContentBlock> = fc.oneof(
  fc.string({ unit: 'grapheme' }).map((text) => ({ type: 'text' as const, text })),
  fc.string({ unit: 'grapheme' }).map((refusal) => ({ type: 'refusal' as const, refusal })),
  fc.string().map((thinking) => ({ type: 'thinking' as const, thinking, signature: 'x' })),
  fc.record({
    type: fc.constant('tool_use' as const),
    name: fc.string({ minLength: 1 }),
    input: fc.dictionary(fc.string(), fc.jsonValue()),
  }),
);
const anyPlan = fc
  .record({
    blocks: fc.array(anyBlock, { maxLength: 4 }),
    deltaChars: fc.integer({ min: 1, max: 9 }),
    stopReason: fc.constantFrom('end_turn', 'max_tokens', 'content_filter'),
  })
  .map(({ blocks, ...change }) => replyPlan(blocks, change));

describe('whatever a response says', () => {
  const encode = (events: readonly StreamEvent[]): Buffer =>
    Buffer.from(events.map(({ event: name, data }) => `event: ${name}\ndata: ${data}\n\n`).join(''));
  const eventsOf = (one: ReplyPlan): StreamEvent[] =>
    responsesProtocol.reply(one).events.map(({ event: name = null, data }) => ({ event: name, data }));

  it('is told alike as a whole and as a stream', () => {
    fc.assert(
      fc.property(anyPlan, (one) => {
        expect(accumulated(translate(eventsOf(one)))).toEqual(saidBy(whole(responsesProtocol.reply(one).json)));
      }),
    );
  });

  it('is told whole even where pieces, or the ends of items, never come', () => {
    fc.assert(
      fc.property(
        anyPlan,
        fc.constantFrom(/\.delta$/, /\.delta$|item\.done$/, /item\.(?:added|done)$|arguments/),
        (one, lost) => {
          const left = eventsOf(one).filter(({ event: name }) => !lost.test(name ?? ''));
          expect(accumulated(translate(left))).toEqual(saidBy(whole(responsesProtocol.reply(one).json)));
        },
      ),
    );
  });

  it('is told alike however its bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(anyPlan, fc.infiniteStream(fc.integer({ min: 1, max: 200 })), async (one, sizes) => {
        const bytes = encode(eventsOf(one));
        let at = 0;
        const read = (): Promise<Buffer | null> => {
          const chunk = bytes.subarray(at, at + Number(sizes.next().value));
          at += chunk.length;
          return Promise.resolve(chunk.length === 0 ? null : chunk);
        };
        const seen: StreamEvent[] = [];
        const meter = { onEvent: (e: StreamEvent) => seen.push(e), onBody: () => undefined, read: () => null as never };
        const body = new TranslatedBody({ read, abort: () => undefined }, open(), meter);
        const told: Buffer[] = [];
        for (let chunk = await body.read(); chunk !== null; chunk = await body.read()) told.push(chunk);
        expect(readBack(Buffer.concat(told)).map(({ data }) => data)).toEqual(
          translate(eventsOf(one)).map(({ data }) => data),
        );
        expect(seen).toHaveLength(eventsOf(one).length);
      }),
    );
  });
});
