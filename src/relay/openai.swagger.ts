import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiProduces, ApiResponse } from '@nestjs/swagger';

interface Refusal {
  readonly status: number;
  readonly description: string;
  readonly error: { readonly message: string; readonly type: string; readonly code: string | null };
}

const refusals = (input: string): readonly Refusal[] => [
  {
    status: 400,
    description:
      `The body is not a JSON object, or lacks a model or ${input} (\`invalid_request_error\`); or the key may not use ` +
      'this service, model or client (`permission_denied`)',
    error: { message: `${input}: this member is required`, type: 'invalid_request_error', code: null },
  },
  {
    status: 401,
    description: 'The key is missing, unknown, disabled or expired',
    error: { message: 'API key not found', type: 'authentication_error', code: 'invalid_api_key' },
  },
  {
    status: 413,
    description: 'The body is larger than REQUEST_MAX_SIZE_MB',
    error: { message: 'The request body is too large', type: 'invalid_request_error', code: null },
  },
  {
    status: 429,
    description:
      'Too many requests at once or all upstream accounts are rate limited (`rate_limit_exceeded`, retry-after); a ' +
      "window, cost limit or the accounts' quota is spent (`usage_limit_reached`, with `resets_at` in epoch seconds)",
    error: {
      message: 'All upstream accounts are rate limited at the moment.',
      type: 'rate_limit_exceeded',
      code: 'rate_limit_exceeded',
    },
  },
  {
    status: 502,
    description: 'The upstream accounts have failed',
    error: { message: 'The upstream broke off the answer.', type: 'server_error', code: 'upstream_error' },
  },
  {
    status: 503,
    description: 'No upstream account is available',
    error: {
      message: 'No upstream account is available for this request (2 cooling down).',
      type: 'server_error',
      code: 'no_account',
    },
  },
  {
    status: 504,
    description: 'The request was not answered in time, by the last account that was asked or within REQUEST_TIMEOUT',
    error: {
      message: '2 upstream accounts failed; the last one did not answer in time.',
      type: 'server_error',
      code: 'upstream_timeout',
    },
  },
];

const EXAMPLES = {
  input: { model: 'gpt-5.4', input: 'Hello', stream: true },
  messages: { model: 'gpt-5.4', messages: [{ role: 'user', content: 'Hello' }] },
} as const;

const ApiOpenAiAnswers = (input: keyof typeof EXAMPLES, body: string): MethodDecorator =>
  applyDecorators(
    ApiBody({
      description: body,
      schema: { type: 'object', required: ['model', input], additionalProperties: true },
      examples: { hello: { value: EXAMPLES[input] } },
    }),
    ApiProduces('application/json', 'text/event-stream'),
    ApiResponse({ status: 200, description: "The upstream's answer, as JSON or as an event stream" }),
    ...refusals(input).map(({ status, description, error: { message, type, code } }) =>
      ApiResponse({
        status,
        description,
        content: {
          'application/json': { schema: { type: 'object' }, example: { error: { message, type, param: null, code } } },
        },
      }),
    ),
  );

/** The answers of a call of the Responses protocol: the upstream's own, or a refusal in OpenAI's form. */
export const ApiResponsesAnswers = (): MethodDecorator =>
  ApiOpenAiAnswers('input', 'As the upstream takes it; passed on unchanged unless a rule of the key changes it');

/** The same of a chat completion. */
export const ApiChatAnswers = (): MethodDecorator =>
  ApiOpenAiAnswers('messages', 'A chat completion; translated where the account serves another protocol');
