import { RelayError } from '@crs/extension-api';
import { describe, expect, it } from '@jest/globals';
import { readChatRequest } from './chat-request.reader.js';

const HELLO = { role: 'user', content: 'Hello' };
const PNG = 'data:image/png;base64,iVBORw==';

function refusalOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(RelayError);
    expect(error).toMatchObject({ code: 'invalid_request' });
    return (error as RelayError).message;
  }
  throw new Error('Nothing was refused');
}

const part = (value: object): object => ({ messages: [{ role: 'user', content: [value] }] });
const call = (change: object = {}): object => ({ id: 'call_1', function: { name: 'f', arguments: '{}' }, ...change });
const calls = (...given: readonly object[]): object => ({ role: 'assistant', tool_calls: given });
const answer = (id: string): object => ({ role: 'tool', tool_call_id: id, content: 'done' });
const tool = (name: string, change: object = {}): object => ({ type: 'function', function: { name, ...change } });

const refusalOfBody = (body: string): string => refusalOf(() => readChatRequest(Buffer.from(body)));

describe('readChatRequest', () => {
  it.each<[object, string]>([
    [{ messages: undefined }, 'messages: a list is required'],
    [{ messages: [] }, 'messages: at least one message is required'],
    [{ messages: ['Hello'] }, 'messages.0: an object is required'],
    [{ messages: [{ content: 'x' }] }, 'messages.0.role: a text is required'],
    [
      { messages: [HELLO, { role: 'bot' }] },
      'messages.1.role: one of system, developer, user, assistant and tool is required',
    ],
    [
      { messages: [{ role: 'function', name: 'f', content: 'x' }] },
      'messages.0.role: this old form is not served; send the role tool with a tool_call_id instead',
    ],
    [{ messages: [{ role: 'user' }] }, 'messages.0.content: a text or a list of parts is required'],
    [{ messages: [{ role: 'user', content: [null] }] }, 'messages.0.content.0: an object is required'],
    [
      { messages: [{ role: 'system', content: [{ type: 'image_url' }] }] },
      'messages.0.content.0.type: only text can be told here',
    ],
    [part({ type: 'text' }), 'messages.0.content.0.text: a text is required'],
    [part({ type: 'x' }), 'messages.0.content.0.type: one of text, image_url and file is required'],
    [part({ type: 'input_audio' }), 'messages.0.content.0.type: audio cannot be told to this model'],
    [part({ type: 'image_url', image_url: PNG }), 'messages.0.content.0.image_url: an object is required'],
    [
      part({ type: 'image_url', image_url: { url: 'http://example.com/a.png' } }),
      'messages.0.content.0.image_url.url: a data: URL in base64 is required, or for an image a https address',
    ],
    [
      part({ type: 'image_url', image_url: { url: 'data:image/tiff;base64,AA==' } }),
      'messages.0.content.0.image_url.url: one of image/jpeg, image/png, image/gif, image/webp is required',
    ],
    [
      part({ type: 'image_url', image_url: { url: 'data:image/png;base64,A A' } }),
      'messages.0.content.0.image_url.url: the data is not base64',
    ],
    [
      part({ type: 'image_url', image_url: { url: 'data:image/png;base64,' } }),
      'messages.0.content.0.image_url.url: the data is not base64',
    ],
    [
      part({ type: 'file', file: { file_id: 'file_1' } }),
      'messages.0.content.0.file.file_id: files kept elsewhere cannot be told to this model; send file_data instead',
    ],
    [
      part({ type: 'file', file: { file_data: 'data:text/csv;base64,AA==' } }),
      'messages.0.content.0.file.file_data: one of application/pdf is required',
    ],
    [
      { messages: [{ role: 'assistant', function_call: {} }] },
      'messages.0.function_call: this old form is not served; send tool_calls instead',
    ],
    [
      { messages: [{ role: 'assistant', audio: { id: 'a' } }] },
      'messages.0.audio: spoken answers cannot be told to this model',
    ],
    [
      { messages: [calls(call({ type: 'custom' }))] },
      'messages.0.tool_calls.0.type: only calls of functions can be told to this model',
    ],
    [{ messages: [calls(call({ id: '' }))] }, 'messages.0.tool_calls.0.id: it must not be empty'],
    [{ messages: [calls(call({ function: {} }))] }, 'messages.0.tool_calls.0.function.name: a text is required'],
    [{ messages: [calls(call(), call())] }, 'messages.0.tool_calls: two calls have the same id'],
    [
      { messages: [HELLO, calls(call())] },
      'messages.1.tool_calls: the call call_1 is not answered by a tool message right behind it',
    ],
    [
      { messages: [calls(call(), call({ id: 'call_2' })), answer('call_2'), HELLO] },
      'messages.0.tool_calls: the call call_1 is not answered by a tool message right behind it',
    ],
    [
      { messages: [HELLO, answer('call_1')] },
      'messages.1.tool_call_id: it answers no open call of the assistant message before it',
    ],
    [
      { messages: [calls(call()), answer('call_1'), answer('call_1')] },
      'messages.2.tool_call_id: it answers no open call of the assistant message before it',
    ],
    [{ tools: [{ type: 'custom' }] }, 'tools.0.type: only tools of the type function can be told to this model'],
    [{ tools: [tool('')] }, 'tools.0.function.name: it must not be empty'],
    [{ tools: [tool('f', { parameters: [] })] }, 'tools.0.function.parameters: an object is required'],
    [{ tool_choice: 'required' }, 'tool_choice: there are no tools to choose from'],
    [
      { tools: [tool('f')], tool_choice: 'f' },
      'tool_choice: one of auto, none and required, or the name of a function is required',
    ],
    [{ tools: [tool('f')], tool_choice: { type: 'allowed_tools' } }, 'tool_choice.type: only a function can be chosen'],
    [{ tools: [tool('f')], tool_choice: tool('g') }, 'tool_choice.function.name: there is no tool of this name'],
    [
      { response_format: { type: 'xml' } },
      'response_format.type: one of text, json_object and json_schema is required',
    ],
    [
      { response_format: { type: 'json_schema', json_schema: { name: 'x', schema: [] } } },
      'response_format.json_schema.schema: an object is required',
    ],
    [{ max_tokens: 0 }, 'max_tokens: a whole number from 1 on is required'],
    [{ max_completion_tokens: 1.5 }, 'max_completion_tokens: a whole number from 1 on is required'],
    [{ temperature: 3 }, 'temperature: a number from 0 to 2 is required'],
    [{ top_p: '1' }, 'top_p: a number from 0 to 1 is required'],
    [{ stop: [1] }, 'stop.0: a text is required'],
    [{ stop: 1 }, 'stop: a list is required'],
    [{ stream: 'true' }, 'stream: true or false is required'],
    [{ stream_options: true }, 'stream_options: an object is required'],
    [{ metadata: 'x' }, 'metadata: an object is required'],
    [{ n: 2 }, 'n: one answer per request is all that there is; send 1'],
    [{ logprobs: true }, 'logprobs: log probabilities are not to be had for this model'],
    [{ top_logprobs: 2 }, 'top_logprobs: log probabilities are not to be had for this model'],
    [{ logit_bias: { 50256: -100 } }, 'logit_bias: tokens cannot be weighted for this model'],
    [{ functions: [] }, 'functions: this old form is not served; send tools and tool_choice instead'],
    [{ function_call: 'auto' }, 'function_call: this old form is not served; send tools and tool_choice instead'],
    [{ audio: {} }, 'audio: audio is not to be had for this model'],
    [{ modalities: ['text', 'audio'] }, 'modalities: audio is not to be had for this model'],
    [{ web_search_options: {} }, 'web_search_options: a search of the web is not to be had for this model'],
  ])('refuses %j', (change, words) => {
    expect(refusalOfBody(JSON.stringify({ model: 'm', messages: [HELLO], ...change }))).toBe(words);
  });

  it.each([
    ['no JSON', '{"messages":[}', 'The body is not valid JSON'],
    ['a list', '[]', 'The body: an object is required'],
  ])('refuses a body that is %s', (_, body, words) => {
    expect(refusalOfBody(body)).toBe(words);
  });
});
