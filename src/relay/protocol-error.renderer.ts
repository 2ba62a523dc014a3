import { RelayError, type RelayErrorCode } from '@crs/extension-api';
import { HttpException, Injectable, type OnModuleInit } from '@nestjs/common';
import { ErrorRenderer, ErrorRenderers } from '../core/http/error-renderers.js';
import { anthropic } from './protocols/anthropic.js';
import type { ErrorAnswer, Protocol } from './protocols/protocol.js';

/** Which paths belong to which protocol. The admin API and the health check stand under /api, too, and are not theirs. */
const OWNERS: readonly { readonly protocol: Protocol; readonly paths: RegExp; readonly except: RegExp }[] = [
  { protocol: anthropic, paths: /^\/(api|claude)(\/|$)/, except: /^\/api\/(v2|health)(\/|$)/ },
];

const CODE_BY_STATUS: Readonly<Record<number, RelayErrorCode>> = {
  400: 'invalid_request',
  401: 'invalid_key',
  403: 'permission_denied',
  404: 'not_found',
  413: 'body_too_large',
};

/** Renders errors on client paths in the protocol's own form, whatever threw them and however early. */
@Injectable()
export class ProtocolErrorRenderer extends ErrorRenderer implements OnModuleInit {
  constructor(private readonly renderers: ErrorRenderers) {
    super();
  }

  onModuleInit(): void {
    this.renderers.register(this);
  }

  handles(path: string): boolean {
    return ownerOf(path) !== null;
  }

  render(error: unknown, requestId: string): ErrorAnswer {
    return anthropic.errorAnswer(toRelayError(error), requestId);
  }
}

function ownerOf(path: string): Protocol | null {
  return OWNERS.find(({ paths, except }) => paths.test(path) && !except.test(path))?.protocol ?? null;
}

function toRelayError(error: unknown): RelayError {
  if (error instanceof RelayError) return error;
  if (error instanceof HttpException && error.getStatus() < 500) {
    const status = error.getStatus();
    return new RelayError(CODE_BY_STATUS[status] ?? 'invalid_request', error.message, { cause: error, status });
  }
  return new RelayError('internal', 'The gateway has failed. Its log has the details.', { cause: error });
}
