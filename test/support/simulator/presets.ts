import { OPENAI_OVERLOAD, openAiErrorBody, planHeaders } from './openai-words.ts';
import type { SimulatedError, SimulatorStep } from './step.ts';

const HTML = '<!doctype html><html><head><title>Sign in</title></head><body>A proxy answered.</body></html>';
const AFTER_SOME_TEXT = 5;

function failing(status: number, type: string, message: string, headers?: Record<string, string>): SimulatorStep {
  return { status, error: { type, message }, ...(headers ? { headers } : {}) };
}

const openAi = (status: number, error: SimulatedError, headers?: Record<string, string>): SimulatorStep => ({
  status,
  error,
  ...(headers ? { headers } : {}),
});

const LIMIT: SimulatedError = {
  type: 'requests',
  code: 'rate_limit_exceeded',
  message: 'Rate limit reached for requests',
};
const AN_HOUR = 3_600;
const SERVER_ERROR: SimulatedError = {
  type: 'server_error',
  message: 'The server had an error while processing your request.',
};

/** What OpenAI's paths say otherwise. */
const OPENAI_PRESETS: Readonly<Record<string, SimulatorStep>> = {
  bad_request: openAi(400, {
    type: 'invalid_request_error',
    code: 'integer_below_min_value',
    param: 'max_output_tokens',
    message: "Invalid 'max_output_tokens': integer below minimum value.",
  }),
  unauthorized: openAi(401, {
    type: 'invalid_request_error',
    code: 'invalid_api_key',
    message: 'Incorrect API key provided.',
  }),
  payment: openAi(402, { type: 'insufficient_quota', code: 'insufficient_quota', message: 'No funds are left.' }),
  quota: openAi(429, {
    type: 'insufficient_quota',
    code: 'insufficient_quota',
    message: 'You exceeded your current quota, please check your plan and billing details.',
  }),
  forbidden: openAi(403, {
    type: 'request_forbidden',
    code: 'unsupported_country_region_territory',
    message: 'Country, region, or territory not supported',
  }),
  not_found: openAi(404, {
    type: 'invalid_request_error',
    code: 'model_not_found',
    message: 'The model `no-such-model` does not exist or you do not have access to it.',
  }),
  too_large: openAi(413, { type: 'invalid_request_error', message: 'Request exceeds the maximum size' }),
  rate_limited: openAi(429, LIMIT, { 'retry-after': '30', 'x-ratelimit-reset-requests': '30s' }),
  rate_limited_no_reset: openAi(429, LIMIT),
  usage_limit: openAi(
    429,
    {
      type: 'usage_limit_reached',
      message: 'The usage limit has been reached',
      more: { plan_type: 'plus', resets_in_seconds: AN_HOUR },
    },
    planHeaders(
      { usedPercent: 100, windowMinutes: 300, resetAfterSeconds: AN_HOUR },
      { usedPercent: 40, windowMinutes: 10_080, resetAfterSeconds: 100 * AN_HOUR },
    ),
  ),
  server_error: openAi(500, SERVER_ERROR),
  unavailable: openAi(503, { type: 'service_unavailable_error', message: 'Service unavailable' }),
  overloaded: openAi(503, OPENAI_OVERLOAD),
  error_body: { status: 200, body: openAiErrorBody(SERVER_ERROR) },
};

/** Behaviours by name, in the words of Anthropic. */
const PRESETS: Readonly<Record<string, SimulatorStep>> = {
  ok: {},
  bad_request: failing(400, 'invalid_request_error', 'max_tokens: must be at least 1'),
  unauthorized: failing(401, 'authentication_error', 'invalid x-api-key'),
  payment: failing(402, 'billing_error', 'The account has no funds left'),
  forbidden: failing(403, 'permission_error', 'This account may not do that'),
  not_found: failing(404, 'not_found_error', 'model: no-such-model'),
  too_large: failing(413, 'request_too_large', 'Request exceeds the maximum size'),
  rate_limited: failing(429, 'rate_limit_error', 'Too many requests for this account', { 'retry-after': '30' }),
  rate_limited_no_reset: failing(429, 'rate_limit_error', 'Too many requests for this account'),
  quota: failing(400, 'invalid_request_error', 'Your credit balance is too low to access the API.'),
  usage_limit: failing(429, 'rate_limit_error', 'The usage limit has been reached', { 'retry-after': String(AN_HOUR) }),
  server_error: failing(500, 'api_error', 'Internal server error'),
  bad_gateway: { status: 502, body: HTML, headers: { 'content-type': 'text/html' } },
  unavailable: failing(503, 'api_error', 'Service unavailable'),
  overloaded: failing(529, 'overloaded_error', 'Overloaded'),
  html: { status: 200, body: HTML, headers: { 'content-type': 'text/html; charset=utf-8' } },
  empty: { status: 200, body: '' },
  error_body: { status: 200, body: { type: 'error', error: { type: 'api_error', message: 'Something went wrong' } } },
  reset: { fail: { how: 'reset' } },
  hang: { fail: { how: 'hang' } },
  garbage: { fail: { how: 'garbage' } },
  early_error: { fail: { how: 'error_event', afterEvents: 0 } },
  error_after_start: { fail: { how: 'error_event', afterEvents: 1 } },
  hang_after_head: { fail: { how: 'hang', afterEvents: 0 } },
  garbage_body: { fail: { how: 'garbage', afterEvents: 0 } },
  mid_error: { fail: { how: 'error_event', afterEvents: AFTER_SOME_TEXT } },
  mid_reset: { fail: { how: 'reset', afterEvents: AFTER_SOME_TEXT } },
  mid_cut: { fail: { how: 'cut', afterEvents: AFTER_SOME_TEXT } },
  mid_truncate: { fail: { how: 'truncate', afterEvents: AFTER_SOME_TEXT } },
  mid_hang: { fail: { how: 'hang', afterEvents: AFTER_SOME_TEXT } },
  mid_garbage: { fail: { how: 'garbage', afterEvents: AFTER_SOME_TEXT } },
  mid_framing: { fail: { how: 'broken_framing', afterEvents: AFTER_SOME_TEXT } },
  big_event: { textBytes: 1_000_000, deltaChars: 1_000_000 },
  slow: { eventDelayMs: 100 },
};

/** The step with its preset filled in. Throws when there is no such preset. */
export function resolveStep(step: SimulatorStep, words: 'anthropic' | 'openai'): SimulatorStep {
  if (step.preset === undefined) return step;
  const preset = (words === 'openai' ? OPENAI_PRESETS[step.preset] : undefined) ?? PRESETS[step.preset];
  if (!preset) throw new Error(`no preset "${step.preset}"; there are: ${Object.keys(PRESETS).join(', ')}`);
  return { ...preset, ...step };
}
