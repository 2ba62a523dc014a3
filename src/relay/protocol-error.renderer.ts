import { RelayError, type RelayErrorCode } from '@crs/extension-api';
import { StoreUnavailableError } from '@crs/store';
import { HttpException, Injectable, type OnModuleInit } from '@nestjs/common';
import { ErrorRenderer, ErrorRenderers } from '../core/http/error-renderers.js';
import { anthropic } from './protocols/anthropic.js';
import type { ErrorAnswer, Protocol } from './protocols/protocol.js';

/** Which paths belong to a protocol. The admin API and the health check stand under /api, too, and are nobody's. */
interface Territory {
  readonly protocol: Protocol;
  readonly paths: RegExp;
  readonly except: RegExp;
}

const TERRITORIES: readonly Territory[] = [
  { protocol: anthropic, paths: /^\/(api|claude)(\/|$)/, except: /^\/api\/(v2|health)(\/|$)/ },
];

const CODE_BY_STATUS: Readonly<Record<number, RelayErrorCode>> = {
  400: 'invalid_request',
  401: 'invalid_key',
  403: 'permission_denied',
  404: 'not_found',
  413: 'body_too_large',
};

/** Renders errors on the paths of one protocol in its own form, whatever threw them and however early. */
class ProtocolErrorRenderer extends ErrorRenderer {
  constructor(private readonly territory: Territory) {
    super();
  }

  handles(path: string): boolean {
    return this.territory.paths.test(path) && !this.territory.except.test(path);
  }

  render(error: unknown, requestId: string): ErrorAnswer {
    return this.territory.protocol.errorAnswer(toRelayError(error), requestId);
  }
}

/** Brings the protocols' renderers to the one exception filter. */
@Injectable()
export class ProtocolErrorRenderers implements OnModuleInit {
  constructor(private readonly renderers: ErrorRenderers) {}

  onModuleInit(): void {
    for (const territory of TERRITORIES) this.renderers.register(new ProtocolErrorRenderer(territory));
  }
}

function toRelayError(error: unknown): RelayError {
  if (error instanceof RelayError) return error;
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
