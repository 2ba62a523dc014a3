import { RelayError } from '@crs/extension-api';
import type { RelayAnswer } from '../stream/relay-answer.js';
import type { AttemptFailedError } from './attempt-failed.error.js';

/** The status that an error event stands for, where the client can mend it. */
const STATUS_OF_ERROR_TYPE: Readonly<Record<string, number>> = { not_found_error: 404, request_too_large: 413 };

/** What only the client can mend: the upstream's own answer, or that its time is up. */
export function toRefusal({ answer, failure }: AttemptFailedError): RelayAnswer {
  if (answer !== null) return { kind: 'refusal', ...answer };
  if (failure.kind === 'timeout') {
    throw new RelayError('upstream_timeout', 'The upstream did not finish the answer in time.');
  }
  if (failure.kind === 'error_event') {
    throw new RelayError('invalid_request', failure.message, {
      status: STATUS_OF_ERROR_TYPE[failure.errorType] ?? 400,
    });
  }
  throw new RelayError('upstream_failed', 'The answer of the upstream is too large to be passed on.');
}
