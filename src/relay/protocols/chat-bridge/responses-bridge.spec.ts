import { describe, expect, it } from '@jest/globals';
import { chatQuestion, replyPlan, TOLD_USAGE } from '../../../../test/support/chat-question.js';
import { saidBy } from '../../../../test/support/chat-told.js';
import { responsesProtocol } from '../../../../test/support/simulator/responses-protocol.js';
import type { ContentBlock } from '../../../../test/support/simulator/step.js';
import { RESPONSES } from '../../endpoints.js';
import { responsesBridge as sut } from './responses-bridge.js';

const whole = (response: unknown): Buffer => sut.toClient(Buffer.from(JSON.stringify(response)), chatQuestion);
const parsed = (body: Buffer): unknown => JSON.parse(body.toString());

describe('a chat request for an upstream of Responses', () => {
  it.each([
    ['/openai/v1/chat/completions', '/openai/v1/responses'],
    ['/openai/chat/completions', '/openai/responses'],
    ['/api/v1/chat/completions', '/api/v1/responses'],
  ])('goes from %s to %s', (path, expected) => {
    expect(sut.toUpstream({ ...chatQuestion, path }, chatQuestion.model)).toMatchObject({
      path: expected,
      endpoint: 'responses',
    });
  });

  it('names the model first, and keeps who asks', () => {
    const request = { ...chatQuestion, model: 'gpt "5" ü', sessionHash: 'abc', query: '?a=1' };
    const { body, modelSpan, model, ...rest } = sut.toUpstream(request, request.model);
    expect(JSON.parse(body.toString('utf8', modelSpan.start, modelSpan.end))).toBe(model);
    expect(JSON.parse(body.toString())).toMatchObject({ model, store: false });
    expect(rest).toMatchObject({
      id: chatQuestion.id,
      sessionHash: 'abc',
      query: '?a=1',
      stream: true,
      protocol: 'openai',
    });
    expect(sut.target).toBe(RESPONSES);
  });
});

describe('a whole response told as a chat', () => {
  it('tells text, reasoning, calls and figures', () => {
    const blocks: ContentBlock[] = [
      { type: 'thinking', thinking: 'I think.', signature: 'x' },
      { type: 'text', text: 'I look.' },
      { type: 'tool_use', name: 'look', input: { at: 1 } },
    ];
    expect(saidBy(whole(responsesProtocol.reply(replyPlan(blocks)).json))).toEqual({
      message: {
        role: 'assistant',
        content: 'I look.',
        refusal: null,
        reasoning_content: 'I think.',
        tool_calls: [{ id: 'call_2', type: 'function', function: { name: 'look', arguments: '{"at":1}' } }],
      },
      finish_reason: 'tool_calls',
      usage: TOLD_USAGE,
    });
  });

  it.each([
    ['stop', { status: 'completed' }],
    ['length', { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }],
    ['length', { status: 'incomplete' }],
    ['content_filter', { status: 'incomplete', incomplete_details: { reason: 'content_filter' } }],
  ])('ends with %s for %j', (reason, response) => {
    expect(saidBy(whole({ output: [], ...response }))).toMatchObject({ finish_reason: reason });
  });

  it('takes what is told badly for not told', () => {
    const output = [
      null,
      'text',
      { type: 'message', content: [{ type: 'output_text' }, { type: 'refusal', refusal: 7 }, null] },
      { type: 'message' },
      { type: 'reasoning', summary: [{ text: 'a' }, {}, { text: 'b' }] },
      { type: 'function_call', id: 'item_1' },
      { type: 'web_search_call', id: 'item_2' },
    ];
    expect(saidBy(whole({ output, usage: { input_tokens: 'many', output_tokens: 3 } }))).toEqual({
      message: {
        role: 'assistant',
        content: null,
        refusal: null,
        reasoning_content: 'a\n\n\n\nb',
        tool_calls: [{ id: 'item_1', type: 'function', function: { name: '', arguments: '' } }],
      },
      finish_reason: 'tool_calls',
      usage: { prompt_tokens: 0, completion_tokens: 3, total_tokens: 3, prompt_tokens_details: { cached_tokens: 0 } },
    });
    expect(parsed(whole({ output: [{ type: 'function_call' }], usage: { input_tokens: 3 } }))).toMatchObject({
      choices: [{ message: { tool_calls: [{ id: '' }] } }],
      usage: { prompt_tokens: 3, completion_tokens: 0 },
    });
    expect(parsed(whole([]))).not.toHaveProperty('usage');
    expect(saidBy(sut.toClient(Buffer.from('no JSON'), chatQuestion))).toHaveProperty('message');
  });
});

describe('a refusal told as a chat', () => {
  it("keeps OpenAI's own error byte for byte", () => {
    const body = Buffer.from(
      '{ "error": {"message":"Too long.","type":"invalid_request_error","code":"context_length_exceeded"} }',
    );
    expect(sut.refusalToClient(body)).toBe(body);
  });

  it.each([
    ['{"error":"Not so."}', 'Not so.'],
    ['{"message":"Not so."}', 'Not so.'],
    ['<html>no</html>', '<html>no</html>'],
    ['', 'The upstream refused the request without a word.'],
  ])('makes an error object of %j', (body, message) => {
    const told: unknown = JSON.parse(sut.refusalToClient(Buffer.from(body)).toString());
    expect(told).toEqual({ error: { message, type: 'invalid_request_error', param: null, code: null } });
  });
});
