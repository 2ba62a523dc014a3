import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { SseDecoder } from '@crs/sse';
import { probe as sut } from './probe.js';

const eventsOf = (name: string) =>
  new SseDecoder().push(readFileSync(new URL(`fixtures/${name}.sse`, import.meta.url)));

describe('the probe of claude-console', () => {
  it('asks for a stream of a few tokens, as a client of the Messages API does', () => {
    const { endpoint, path, headers, body } = sut.build('claude-opus-4-1');
    expect([endpoint, path]).toEqual(['messages', '/v1/messages']);
    expect(headers).toMatchObject({ 'anthropic-version': '2023-06-01', 'content-type': 'application/json' });
    const sent = JSON.parse(body.toString()) as { max_tokens: number; messages: unknown[] };
    expect(sent).toMatchObject({ model: 'claude-opus-4-1', stream: true, messages: [{ role: 'user' }] });
    expect(sent.messages).toHaveLength(1);
    expect(sent.max_tokens).toBeLessThanOrEqual(64);
  });

  it('reads the text of an answer up to its end', () => {
    const events = eventsOf('text');
    expect(events.map((event) => sut.textOf(event)).join('')).toBe('Hello there.');
    expect(events.map((event) => sut.isEnd(event)).indexOf(true)).toBe(events.length - 1);
    expect(events.map((event) => sut.errorOf(event))).toEqual(events.map(() => null));
  });

  it('takes neither thoughts nor tool calls for text', () => {
    const deltas = eventsOf('thinking-tool-use').filter(({ data }) => /thinking_delta|input_json_delta/.test(data));
    expect(deltas.length).toBeGreaterThan(1);
    expect(deltas.map((event) => sut.textOf(event)).join('')).toBe('');
  });

  it('reads an error event', () => {
    const [event] = eventsOf('early-error').slice(-1);
    expect(event && sut.errorOf(event)).toEqual({ type: 'overloaded_error', message: 'Overloaded' });
  });

  it('knows an error event of which it can read nothing', () => {
    expect(sut.errorOf({ event: 'error', data: 'no JSON' })).toEqual({ type: 'api_error', message: '' });
  });

  it('knows events without a name by their data', () => {
    const unnamed = (data: string) => ({ event: null, data });
    const delta = '{"delta":{"text":"Hi","type":"text_delta"},"type":"content_block_delta"}';
    expect(sut.textOf(unnamed(delta))).toBe('Hi');
    expect(sut.isEnd(unnamed('{"type":"message_stop"}'))).toBe(true);
    expect(sut.errorOf(unnamed('{"type":"error","error":{"type":"api_error","message":"no"}}'))?.message).toBe('no');
  });
});
