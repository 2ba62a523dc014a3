import { RelayError, type RelayErrorCode } from '@crs/extension-api';
import { StoreUnavailableError } from '@crs/store';
import { HttpException } from '@nestjs/common';
import { StoppingError } from './attempt/attempt-failed.error.js';

export const BROKEN_OFF = new RelayError('upstream_failed', 'The upstream broke off the answer.');
export const STOPPING = new RelayError('upstream_failed', 'The gateway is being restarted. Try again in a moment.', {
  status: 503,
  retryAfterSeconds: 1,
});

/** @param sent under which name the model that was asked for is sent to the upstream */
export function modelRefusal(asked: string, sent: string): RelayError {
  const words =
    asked === sent
      ? `This API key may not use the model ${asked}.`
      : `${asked} is sent as ${sent}, which this API key may not use.`;
  return new RelayError('model_not_allowed', words);
}

const CODE_BY_STATUS: Readonly<Record<number, RelayErrorCode>> = {
  400: 'invalid_request',
  401: 'invalid_key',
  403: 'permission_denied',
  404: 'not_found',
  413: 'body_too_large',
};

/** What a client is told about whatever was thrown. */
export function toRelayError(error: unknown): RelayError {
  if (error instanceof RelayError) return error;
  if (error instanceof StoppingError) return STOPPING;
  if (error instanceof StoreUnavailableError) {
    const options = { cause: error, status: 503, retryAfterSeconds: 1 };
    return new RelayError('internal', "The gateway's store does not answer. Try again in a moment.", options);
  }
  if (error instanceof HttpException && error.getStatus() < 500) {
    const status = error.getStatus();
    return new RelayError(CODE_BY_STATUS[status] ?? 'invalid_request', error.message, { cause: error, status });
  }
  return new RelayError('internal', 'The gateway has failed. Its log has the details.', { cause: error });
}

/** Nobody needs to look into it. */
export const isForeseen = (error: unknown): boolean => error instanceof RelayError || error instanceof StoppingError;

export const isEndpointMissing = (error: unknown): boolean =>
  error instanceof RelayError && error.code === 'endpoint_missing';
