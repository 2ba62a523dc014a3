import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiProduces, ApiResponse } from '@nestjs/swagger';

const errorExample = (type: string, message: string): object => ({
  schema: { type: 'object' },
  example: { type: 'error', error: { type, message }, request_id: 'req_0123456789abcdef0123456789abcdef' },
});

const REFUSALS: readonly {
  readonly status: number;
  readonly description: string;
  readonly type: string;
  readonly message: string;
}[] = [
  {
    status: 400,
    description: 'The body is not a JSON object, or lacks a model or messages',
    type: 'invalid_request_error',
    message: 'messages: this member is required',
  },
  {
    status: 401,
    description: 'The key is missing, unknown, disabled or expired',
    type: 'authentication_error',
    message: 'API key not found',
  },
  {
    status: 402,
    description: 'The daily, weekly or total cost limit of the key is spent; not to be tried again',
    type: 'billing_error',
    message: 'This API key has spent its daily limit of $5.00 ($5.12). It resets at 2026-11-24 00:00 (UTC+8).',
  },
  {
    status: 403,
    description: 'The key may not use this service, model or client',
    type: 'permission_error',
    message: 'This API key may not use this service.',
  },
  {
    status: 413,
    description: 'The body is larger than REQUEST_MAX_SIZE_MB',
    type: 'request_too_large',
    message: 'The request body is too large',
  },
  {
    status: 429,
    description:
      'Too many requests at once (retry-after: 1), a limit of the window is reached (retry-after with the rest of it and ' +
      'x-should-retry: false), or all upstream accounts are rate limited',
    type: 'rate_limit_error',
    message: 'All upstream accounts are rate limited at the moment.',
  },
  {
    status: 503,
    description: 'No upstream account is available',
    type: 'api_error',
    message: 'No upstream account is available for this request (2 cooling down).',
  },
];

/** The answers of a relayed call: the upstream's own, or a refusal in the protocol's form. */
export function ApiRelayAnswers(): MethodDecorator {
  return applyDecorators(
    ApiBody({
      description: 'As the upstream takes it; passed on byte for byte',
      schema: { type: 'object', required: ['model', 'messages'], additionalProperties: true },
      examples: {
        message: {
          value: {
            model: 'claude-sonnet-4-5-20250929',
            max_tokens: 64,
            messages: [{ role: 'user', content: 'Hello' }],
          },
        },
      },
    }),
    ApiProduces('application/json', 'text/event-stream'),
    ApiResponse({ status: 200, description: "The upstream's answer, as JSON or as an event stream" }),
    ...REFUSALS.map(({ status, description, type, message }) =>
      ApiResponse({ status, description, content: { 'application/json': errorExample(type, message) } }),
    ),
  );
}
