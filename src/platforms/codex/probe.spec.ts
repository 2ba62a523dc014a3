import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { SseDecoder } from '@crs/sse';
import { probe as sut } from './probe.js';

const eventsOf = (name: string) =>
  new SseDecoder().push(readFileSync(new URL(`fixtures/${name}.sse`, import.meta.url)));
const bodyOf = (model: string): unknown => JSON.parse(sut.build(model).body.toString());

describe('the probe of codex', () => {
  it('asks for a small stream that no upstream has a reason to refuse', () => {
    const { endpoint, path, headers } = sut.build('gpt-5-mini');
    expect([endpoint, path, headers['accept']]).toEqual(['responses', '/openai/responses', 'text/event-stream']);
    expect(bodyOf('gpt-5-mini')).toEqual({
      model: 'gpt-5-mini',
      instructions: expect.any(String),
      input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: expect.any(String) }] }],
      reasoning: { effort: 'low' },
      store: false,
      stream: true,
    });
  });

  it.each(['gpt-4.1', 'gpt-5-chat-latest', 'gpt-5-pro', 'vendor-model'])('does not tell %s how to think', (model) => {
    expect(bodyOf(model)).not.toHaveProperty('reasoning');
  });

  it.each(['gpt-5', 'gpt-5.6-sol', 'gpt-5-codex', 'o4-mini', 'codex-mini-latest'])('lets %s think little', (model) => {
    expect(bodyOf(model)).toHaveProperty('reasoning.effort', 'low');
  });

  it('reads the text of an answer up to its end', () => {
    const events = eventsOf('text');
    expect(events.map((event) => sut.textOf(event)).join('')).toBe('Hello "dü".');
    expect(events.map((event) => sut.isEnd(event)).indexOf(true)).toBe(events.length - 1);
    expect(events.map((event) => sut.errorOf(event))).toEqual(events.map(() => null));
  });

  it('takes neither summaries nor tool calls for text, and an incomplete answer for an end', () => {
    const events = eventsOf('tool-call');
    expect(events.map((event) => sut.textOf(event)).join('')).toBe('');
    expect(events.filter((event) => sut.isEnd(event))).toHaveLength(1);
  });

  it('reads what failed', () => {
    const [event] = eventsOf('failed').slice(-1);
    expect(event && sut.errorOf(event)).toMatchObject({ type: 'rate_limit_exceeded' });
    const told = (data: string) => sut.errorOf({ event: null, data });
    expect(told('{"type":"error","code":"slow_down","message":"a"}')).toEqual({ type: 'slow_down', message: 'a' });
    expect(told('{"type":"error","error":{"type":"t","code":null,"message":"b"}}')).toEqual({
      type: 't',
      message: 'b',
    });
    expect(sut.errorOf({ event: 'error', data: 'no JSON' })).toEqual({ type: 'server_error', message: '' });
  });

  it('knows events without a name by their data', () => {
    const unnamed = (data: string) => ({ event: null, data });
    expect(sut.textOf(unnamed('{"delta":"Hi","type":"response.output_text.delta"}'))).toBe('Hi');
    expect(sut.textOf(unnamed('{"type":"response.output_text.delta"}'))).toBe('');
    expect(sut.isEnd(unnamed('{"type":"response.completed"}'))).toBe(true);
  });
});
