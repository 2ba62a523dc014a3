import { describe, expect, it } from '@jest/globals';
import { type ChatAnswer, ChatStream, encodeChatAnswer, encodeChatError, encodeChatErrorEvent } from './chat-answer.js';

const asked = { id: 'req_0123abcd', receivedAt: new Date(1_700_000_000_999), askedModel: 'the-model' };
const usage = { promptTokens: 20, cachedTokens: 5, completionTokens: 7, reasoningTokens: 3 };
const TOLD_USAGE = {
  prompt_tokens: 20,
  completion_tokens: 7,
  total_tokens: 27,
  prompt_tokens_details: { cached_tokens: 5 },
  completion_tokens_details: { reasoning_tokens: 3 },
};
const answer: ChatAnswer = {
  content: 'Hello',
  refusal: null,
  reasoning: null,
  toolCalls: [],
  finishReason: 'stop',
  usage,
};

const parsed = (bytes: Buffer): unknown => JSON.parse(bytes.toString());

describe('a whole chat answer', () => {
  it('is told under the id, the time and the model of the request', () => {
    expect(parsed(encodeChatAnswer(answer, asked))).toEqual({
      id: 'chatcmpl-0123abcd',
      object: 'chat.completion',
      created: 1_700_000_000,
      model: 'the-model',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'Hello', refusal: null },
          logprobs: null,
          finish_reason: 'stop',
        },
      ],
      usage: TOLD_USAGE,
    });
  });

  it('tells calls, reasoning and a refusal where there are any', () => {
    const toolCalls = [{ id: 'call_1', name: 'look', arguments: '{"at":1}' }];
    const full: ChatAnswer = { ...answer, content: null, refusal: 'No.', reasoning: 'Hm.', toolCalls };
    expect(parsed(encodeChatAnswer(full, asked))).toMatchObject({
      choices: [
        {
          message: {
            role: 'assistant',
            content: null,
            refusal: 'No.',
            reasoning_content: 'Hm.',
            tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'look', arguments: '{"at":1}' } }],
          },
        },
      ],
    });
  });

  it('leaves out figures that nobody told', () => {
    expect(parsed(encodeChatAnswer({ ...answer, usage: null }, asked))).not.toHaveProperty('usage');
    const unsplit = { ...answer, usage: { ...usage, reasoningTokens: null } };
    const { completion_tokens_details: _details, ...told } = TOLD_USAGE;
    expect(parsed(encodeChatAnswer(unsplit, asked))).toHaveProperty('usage', told);
  });
});

describe('a streamed chat answer', () => {
  const messagesOf = (...bytes: readonly Buffer[]): unknown[] => {
    const blocks = Buffer.concat(bytes).toString().split('\n\n');
    expect(blocks.pop()).toBe('');
    return blocks.map((block) => {
      const data = /^data: ([^\n]*)$/.exec(block)?.[1] ?? '';
      return data === '[DONE]' ? data : (JSON.parse(data) as unknown);
    });
  };
  const chunk = (delta: object, reason: string | null = null): object => ({
    id: 'chatcmpl-0123abcd',
    object: 'chat.completion.chunk',
    created: 1_700_000_000,
    model: 'the-model',
    choices: [{ index: 0, delta, logprobs: null, finish_reason: reason }],
  });
  const ROLE = chunk({ role: 'assistant', content: '' });

  it('begins with the role, once, and ends with the reason and [DONE]', () => {
    const sut = new ChatStream(asked, false);
    const told = messagesOf(sut.open(), sut.open(), sut.content('Hel'), sut.content('lo'), sut.finish('stop', usage));
    expect(told).toEqual([ROLE, chunk({ content: 'Hel' }), chunk({ content: 'lo' }), chunk({}, 'stop'), '[DONE]']);
  });

  it('puts the role before whatever comes first', () => {
    expect(messagesOf(new ChatStream(asked, false).refusal('No.'))).toEqual([ROLE, chunk({ refusal: 'No.' })]);
    expect(messagesOf(new ChatStream(asked, false).reasoning('Hm.'))).toEqual([
      ROLE,
      chunk({ reasoning_content: 'Hm.' }),
    ]);
    expect(messagesOf(new ChatStream(asked, false).finish('length', null))).toEqual([
      ROLE,
      chunk({}, 'length'),
      '[DONE]',
    ]);
  });

  it('tells each call once, then its arguments by its index', () => {
    const sut = new ChatStream(asked, false);
    const told = messagesOf(sut.toolCall(1, { id: 'call_1', name: 'look' }), sut.toolArguments(1, '{"at"'));
    expect(told.slice(1)).toEqual([
      chunk({ tool_calls: [{ index: 1, id: 'call_1', type: 'function', function: { name: 'look', arguments: '' } }] }),
      chunk({ tool_calls: [{ index: 1, function: { arguments: '{"at"' } }] }),
    ]);
  });

  it('tells the usage behind the reason where it was asked for and is known', () => {
    const sut = new ChatStream(asked, true);
    const [role, end, figures, done] = messagesOf(sut.finish('stop', usage));
    expect(role).toEqual({ ...ROLE, usage: null });
    expect(end).toEqual({ ...chunk({}, 'stop'), usage: null });
    expect(figures).toEqual({ ...chunk({}), choices: [], usage: TOLD_USAGE });
    expect(done).toBe('[DONE]');
    expect(messagesOf(new ChatStream(asked, true).finish('stop', null))).toHaveLength(3);
  });
});

describe('a chat error', () => {
  const error = { type: 'overloaded', message: 'Too much.', code: 'slow_down' };

  it('is an error object of the API, as a body and as an event', () => {
    const told = { error: { message: 'Too much.', type: 'overloaded', param: null, code: 'slow_down' } };
    expect(parsed(encodeChatError(error))).toEqual(told);
    expect(encodeChatErrorEvent(error).toString()).toBe(`data: ${JSON.stringify(told)}\n\n`);
  });

  it('keeps what else the upstream has said', () => {
    const told = parsed(encodeChatError({ ...error, ...{ resets_in_seconds: 7, param: 'model' } }));
    expect(told).toMatchObject({ error: { resets_in_seconds: 7, param: 'model', code: 'slow_down' } });
  });
});
