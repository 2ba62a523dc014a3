import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ErrorRenderer, ErrorRenderers } from '../core/http/error-renderers.js';
import { anthropic } from './protocols/anthropic.js';
import type { ErrorAnswer, Protocol } from './protocols/protocol.js';
import { responses } from './protocols/responses.js';
import { toRelayError } from './relay-errors.js';

/** Which paths belong to a protocol. */
interface Territory {
  readonly protocol: Protocol;
  readonly paths: RegExp;
}

/**
 * The first that has the path. Chat completions are answered beside messages, too; the admin API and the health check
 * stand under /api and are nobody's.
 */
const TERRITORIES: readonly Territory[] = [
  { protocol: responses, paths: /^\/openai(\/|$)|^\/(api|claude)\/v1\/chat(\/|$)/ },
  { protocol: anthropic, paths: /^\/claude(\/|$)|^\/api(?!\/(v2|health)(\/|$))(\/|$)/ },
];

/** Renders errors on the paths of one protocol in its own form, whatever threw them and however early. */
class ProtocolErrorRenderer extends ErrorRenderer {
  constructor(private readonly territory: Territory) {
    super();
  }

  handles(path: string): boolean {
    return this.territory.paths.test(path);
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
