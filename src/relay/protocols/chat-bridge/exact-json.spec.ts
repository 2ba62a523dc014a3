import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { testChatRequest } from '../../../../test/support/test-chat-request.js';
import { parseExactly } from './exact-json.js';
import { messagesBridge } from './messages-bridge.js';

const rewritten = (json: string): string => JSON.stringify(parseExactly(json));

describe('parseExactly', () => {
  it.each(['12345678901234567890', '-0', '1.0', '1e400', '1E2', '[0.1000,{"a":9007199254740993}]', '"1.0"', 'null'])(
    'keeps the text of %s',
    (json) => {
      expect(rewritten(json)).toBe(json);
    },
  );

  it('reads any other JSON as everybody does', () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        expect(JSON.parse(rewritten(json))).toEqual(JSON.parse(json));
      }),
    );
    expect(parseExactly('{"a":1.5}')).toEqual({ a: 1.5 });
  });

  it.each(['', '{', 'NaN', '01'])('says of %j that it is none', (text) => {
    expect(parseExactly(text)).toBeUndefined();
  });
});

it('keeps the text of numbers in the arguments of a call that Claude is told of', () => {
  const json = '{"id":12345678901234567890,"more":[1.0,-0,1e400,0.1]}';
  const call = { id: 'a', function: { name: 'f', arguments: json } };
  const messages = [
    { role: 'assistant', tool_calls: [call] },
    { role: 'tool', tool_call_id: 'a', content: 'x' },
  ];
  const { body } = messagesBridge.toUpstream(testChatRequest({ messages }), 'claude-asked');
  expect(body.toString()).toContain(`"input":${json}`);
});
