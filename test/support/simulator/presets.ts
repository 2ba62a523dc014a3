import type { SimulatorStep, StepLike } from './step.ts';

const HTML = '<!doctype html><html><head><title>Sign in</title></head><body>A proxy answered.</body></html>';
const AFTER_SOME_TEXT = 5;

function failing(status: number, type: string, message: string, headers?: Record<string, string>): SimulatorStep {
  return { status, error: { type, message }, ...(headers ? { headers } : {}) };
}

/** Behaviours by name. */
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
export function resolveStep(step: StepLike): SimulatorStep {
  const given: SimulatorStep = typeof step === 'string' ? { preset: step } : step;
  if (given.preset === undefined) return given;
  const preset = PRESETS[given.preset];
  if (!preset) throw new Error(`no preset "${given.preset}"; there are: ${Object.keys(PRESETS).join(', ')}`);
  return { ...preset, ...given };
}
