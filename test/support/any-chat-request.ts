import fc from 'fast-check';

type Json = Readonly<Record<string, unknown>>;
type Messages = readonly Json[];

/** Blank texts are as likely as others: they are what protocols disagree on. */
const anyText = fc.oneof(fc.string({ maxLength: 12 }), fc.constantFrom('', ' ', '\n\t', 'Hello', 'Grüße \u{1f642}'));

const textPart = anyText.map((text) => ({ type: 'text', text }));

const imagePart = fc
  .constantFrom('https://example.com/a.png', 'data:image/png;base64,iVBORw==', 'data:image/jpg;base64,/9j/')
  .map((url) => ({ type: 'image_url', image_url: { url } }));

const pdf = { file_data: 'data:application/pdf;base64,JVBERg==', filename: 'a.pdf' };
const filePart = fc.constant({ type: 'file', file: pdf });

const said = fc.oneof(anyText, fc.array(textPart, { maxLength: 3 }));
const shown = fc.oneof(anyText, fc.array(fc.oneof(textPart, imagePart, filePart), { maxLength: 3 }));

const instruction = fc
  .record({ role: fc.constantFrom('system', 'developer'), content: said })
  .map((message): Messages => [message]);

const question = shown.map((content): Messages => [{ role: 'user', content }]);

const statement = fc
  .record({ content: fc.oneof(said, fc.constant(null)), refusal: fc.option(anyText) })
  .map((message): Messages => [{ role: 'assistant', ...message }]);

const toolNames = ['get_weather', 'search', 'run-it'] as const;
const callIds = ['call_0', 'call_1', 'functions.search:0', 'a b', 'a_b'] as const;

const call = (id: string): fc.Arbitrary<Json> =>
  fc
    .record({
      name: fc.constantFrom(...toolNames),
      arguments: fc.constantFrom('{}', '', '{"city":"Oslo"}', '{"broken', '[1]', '"text"', 'null'),
    })
    .map((named) => ({ id, type: 'function', function: named }));

/** Calls and all their answers, in any order; ids come again from turn to turn. */
const toolTurn = fc
  .shuffledSubarray([...callIds], { minLength: 1, maxLength: 3 })
  .chain((ids) =>
    fc.record({
      content: fc.option(said),
      calls: fc.tuple(...ids.map(call)),
      answers: fc.tuple(...ids.map((id) => shown.map((content) => ({ role: 'tool', tool_call_id: id, content })))),
      order: fc.shuffledSubarray(ids, { minLength: ids.length }),
    }),
  )
  .map(({ content, calls, answers, order }): Messages => {
    const sorted = answers.toSorted((a, b) => order.indexOf(a.tool_call_id) - order.indexOf(b.tool_call_id));
    return [{ role: 'assistant', content, tool_calls: calls }, ...sorted];
  });

const messages = fc
  .array(fc.oneof(instruction, question, question, statement, toolTurn), { minLength: 1, maxLength: 6 })
  .map((parts) => parts.flat());

const tools = fc.subarray([...toolNames]).chain((names) =>
  fc.tuple(
    ...names.map((name) =>
      fc
        .record(
          {
            description: anyText,
            parameters: fc.constantFrom({}, { type: 'object', properties: { city: { type: 'string' } } }),
            strict: fc.boolean(),
          },
          { requiredKeys: [] },
        )
        .map((more) => ({ type: 'function', function: { name, ...more } })),
    ),
  ),
);

const format = fc.constantFrom(
  { type: 'text' },
  { type: 'json_object' },
  { type: 'json_schema', json_schema: { name: 'x', schema: { type: 'object' } } },
);

const anyModel = fc.constantFrom('claude-opus-5-5', 'claude-sonnet-4-5', 'claude-3-haiku-20240307', 'gpt-5');

const settings = fc.record(
  {
    max_tokens: fc.integer({ min: 1, max: 100_000 }),
    max_completion_tokens: fc.integer({ min: 1, max: 100_000 }),
    temperature: fc.double({ min: 0, max: 2, noNaN: true }),
    top_p: fc.double({ min: 0, max: 1, noNaN: true }),
    stop: fc.oneof(anyText, fc.array(anyText, { maxLength: 4 })),
    stream: fc.boolean(),
    stream_options: fc.record({ include_usage: fc.boolean() }),
    parallel_tool_calls: fc.boolean(),
    response_format: format,
    reasoning_effort: fc.constantFrom('low', 'high'),
    user: fc.string({ maxLength: 300 }),
    n: fc.constant(1),
  },
  { requiredKeys: [] },
);

const choiceFor = (named: readonly Json[]): fc.Arbitrary<unknown> => {
  const [first] = named;
  const any = fc.constantFrom('auto', 'none');
  return first === undefined ? any : fc.oneof(any, fc.constantFrom('required', first));
};

/** A request for a chat completion that a bridge can translate. */
export const anyChatRequest: fc.Arbitrary<Json> = fc
  .record({ model: anyModel, messages, tools, settings })
  .chain(({ model, messages: told, tools: given, settings: set }) => {
    const named = given.map((tool) => ({ type: 'function', function: { name: tool.function.name } }));
    return fc.option(choiceFor(named)).map((choice) => ({
      model,
      messages: told,
      ...(given.length > 0 && { tools: given }),
      ...(choice !== null && { tool_choice: choice }),
      ...set,
    }));
  });
