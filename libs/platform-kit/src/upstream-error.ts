import { asRecord, asText, type JsonRecord, parseJson } from './untyped-json.js';

/** What an upstream's error says about itself, as far as it can be read. */
export interface UpstreamError {
  /** The protocol's name of the kind of error, or empty. */
  readonly type: string;
  /** What it says; the raw text when it is no error of the protocol. */
  readonly message: string;
  /** It came as an object with a message, as APIs tell errors, and not as a page or in the words of something else. */
  readonly isInForm: boolean;
  /** The members of the `error` object over those of the body: where codes and resets are named. */
  readonly fields: JsonRecord;
}

/**
 * Reads `{"error":{"type","message"}}`, `{"error":"...","message":"..."}`, the error of a `response` and anything else that
 * upstreams answer.
 */
export function readUpstreamError(text: string): UpstreamError {
  const body = asRecord(parseJson(text));
  if (body === null) return { type: '', message: text, isInForm: false, fields: {} };
  const error = asRecord(body['error']) ?? asRecord(asRecord(body['response'])?.['error']);
  const fields = { ...body, ...error };
  return {
    type: asText(fields['type']) ?? '',
    message: asText(fields['message']) ?? asText(body['error']) ?? text,
    // An event that is an error has its members at the top.
    isInForm: asText((error ?? (body['type'] === 'error' ? body : {}))['message']) !== null,
    fields,
  };
}
