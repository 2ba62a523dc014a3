import type { StreamEvent } from '@crs/extension-api';
import { describe, expect, it } from '@jest/globals';
import { chatQuestion } from '../../../../test/support/chat-question.js';
import { accumulated, readBack } from '../../../../test/support/chat-told.js';
import { ResponsesStream } from './responses-stream.js';

const event = (type: string, members: object = {}): StreamEvent => ({
  event: type,
  data: JSON.stringify({ type, ...members }),
});

const translate = (events: readonly StreamEvent[]): StreamEvent[] => {
  const sut = new ResponsesStream(chatQuestion, false);
  return readBack(Buffer.concat(events.map((one) => sut.translate(one))));
};

describe('the items of a stream of Responses', () => {
  it('tells of calls that overlap which piece belongs to which', () => {
    const item = (output_index: number): object => ({
      output_index,
      item: { type: 'function_call', call_id: `call_${output_index}`, name: `f${output_index}`, arguments: '' },
    });
    const piece = (output_index: number, delta: string): StreamEvent =>
      event('response.function_call_arguments.delta', { output_index, delta });
    const told = translate([
      event('response.output_item.added', item(0)),
      event('response.output_item.added', item(1)),
      piece(1, '{"b"'),
      piece(0, '{"a"'),
      piece(1, ':1}'),
      piece(0, ':0}'),
      event('response.output_item.done', item(0)),
      event('response.completed', { response: { status: 'completed', output: [] } }),
    ]);
    expect(accumulated(told)).toMatchObject({
      message: {
        tool_calls: [
          { id: 'call_1', function: { name: 'f1', arguments: '{"b":1}' } },
          { id: 'call_0', function: { name: 'f0', arguments: '{"a":0}' } },
        ],
      },
      finish_reason: 'tool_calls',
    });
  });

  it('tells items apart where the upstream does not say where they stand', () => {
    const call = { type: 'function_call', call_id: 'call_0', name: 'f' };
    const told = translate([
      event('response.output_item.added', { item: { type: 'message' } }),
      event('response.output_text.delta', { delta: 'I look.' }),
      event('response.output_item.added', { item: call }),
      event('response.function_call_arguments.delta', { delta: '{}' }),
      event('response.output_item.done', { item: { ...call, arguments: '{}' } }),
      event('response.completed', { response: {} }),
    ]);
    expect(accumulated(told)).toMatchObject({
      message: { content: 'I look.', tool_calls: [{ function: { name: 'f', arguments: '{}' } }] },
    });
  });

  const pay = { type: 'function_call', id: 'fc_1', call_id: 'c1', name: 'pay', arguments: '{"eur":5}' };
  const reasoning = { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'Hm.' }] };
  const says = { type: 'message', id: 'm_1', content: [{ type: 'output_text', text: 'Hello' }] };
  const bare = ({ id: _, ...item }: { readonly id: string }): object => item;
  const renamed = (item: object): object => ({ ...item, id: 'of another event' });

  it.each([
    ['by their ids', [says, pay]],
    ['alone', [pay]],
    ['without ids', [bare(says), bare(pay)]],
    ['under other ids', [renamed(says), renamed(pay)]],
    ['not at all', []],
    ['all', [reasoning, says, pay]],
  ])('tells nothing twice where the last list names items %s', (_, output) => {
    const items = [reasoning, says, pay];
    const told = translate([
      ...items.map((item, output_index) => event('response.output_item.added', { output_index, item })),
      event('response.output_text.delta', { output_index: 1, item_id: 'm_1', delta: 'Hello' }),
      event('response.function_call_arguments.delta', { output_index: 2, item_id: 'fc_1', delta: pay.arguments }),
      ...items.map((item, output_index) => event('response.output_item.done', { output_index, item })),
      event('response.completed', { response: { status: 'completed', output } }),
    ]);
    expect(accumulated(told)).toMatchObject({
      message: {
        reasoning_content: 'Hm.',
        content: 'Hello',
        tool_calls: [{ id: 'c1', type: 'function', function: { name: 'pay', arguments: '{"eur":5}' } }],
      },
    });
  });

  it.each([
    ['ids', { id: 'a' }, { id: 'b' }],
    ['ids of calls too', { id: 'a', call_id: 'A' }, { id: 'b', call_id: 'B' }],
  ])('keeps parallel calls apart that have %s and no place', (_, a, b) => {
    const call = (item: object): object => ({ item: { type: 'function_call', name: 'f', ...item } });
    const piece = (item_id: string, delta: string): StreamEvent =>
      event('response.function_call_arguments.delta', { item_id, delta });
    const told = translate([
      event('response.output_item.added', call(a)),
      event('response.output_item.added', call(b)),
      piece('a', '{"n"'),
      piece('b', '{"n":2'),
      piece('a', ':1}'),
      piece('b', '}'),
      event('response.output_item.done', call({ ...a, arguments: '{"n":1}' })),
      event('response.completed', { response: { output: [] } }),
    ]);
    const expected = [{ function: { arguments: '{"n":1}' } }, { function: { arguments: '{"n":2}' } }];
    expect(accumulated(told)).toMatchObject({ message: { tool_calls: expected } });
  });

  it('guesses no owner of pieces that could be those of several calls', () => {
    const call = (call_id: string, json = ''): object => ({
      type: 'function_call',
      name: 'f',
      call_id,
      arguments: json,
    });
    const told = translate([
      event('response.output_item.added', { item: call('A') }),
      event('response.output_item.added', { item: call('B') }),
      event('response.function_call_arguments.delta', { item_id: 'a', delta: '{"n":1}' }),
      event('response.function_call_arguments.delta', { item_id: 'b', delta: '{"n":2}' }),
      event('response.output_item.done', { item: call('A', '{"n":1}') }),
      event('response.completed', { response: { output: [call('A', '{"n":1}'), call('B', '{"n":2}')] } }),
    ]);
    const expected = [
      { id: 'A', function: { arguments: '{"n":1}' } },
      { id: 'B', function: { arguments: '{"n":2}' } },
    ];
    expect(accumulated(told)).toMatchObject({ message: { tool_calls: expected } });
  });

  it('tells a piece at once that can only be of one call', () => {
    const sut = new ResponsesStream(chatQuestion, false);
    const tell = (one: StreamEvent): StreamEvent[] => readBack(sut.translate(one));
    tell(event('response.output_item.added', { item: { type: 'message', id: 'm' } }));
    tell(event('response.output_item.added', { item: { type: 'function_call', name: 'f', call_id: 'A' } }));
    const told = tell(event('response.function_call_arguments.delta', { item_id: 'a', delta: '{}' }));
    expect(accumulated(told)).toMatchObject({ message: { tool_calls: [{ id: 'A', function: { arguments: '{}' } }] } });
  });

  it('tells items apart of one id', () => {
    const item = { ...says, id: 'always' };
    const told = translate([
      ...[0, 1].flatMap((output_index) => [
        event('response.output_item.added', { output_index, item: { ...item, content: [] } }),
        event('response.output_text.delta', { output_index, item_id: 'always', delta: 'Hello' }),
        event('response.output_item.done', { output_index, item }),
      ]),
      event('response.completed', { response: { output: [item, item] } }),
    ]);
    expect(accumulated(told)).toMatchObject({ message: { content: 'HelloHello' } });
  });

  it('tells a call by its place where the id changes with each event', () => {
    const told = translate([
      event('response.output_item.added', { output_index: 0, item: { ...pay, id: '1', arguments: '' } }),
      event('response.function_call_arguments.delta', { output_index: 0, item_id: '2', delta: '{"eur"' }),
      event('response.output_item.done', { output_index: 0, item: { ...pay, id: '3' } }),
      event('response.completed', { response: { output: [{ ...pay, id: '4' }] } }),
    ]);
    expect(accumulated(told)).toMatchObject({
      message: { tool_calls: [{ id: 'c1', function: { arguments: '{"eur":5}' } }] },
    });
  });

  it.each(['cancelled', 'failed'])('does not call an answer whole that was %s', (status) => {
    const told = translate([event('response.completed', { response: { status, output: [] } })]);
    expect(accumulated(told)).toMatchObject({ finish_reason: 'length' });
    const called = translate([event('response.completed', { response: { status, output: [pay] } })]);
    expect(accumulated(called)).toMatchObject({ finish_reason: 'length' });
  });
});
