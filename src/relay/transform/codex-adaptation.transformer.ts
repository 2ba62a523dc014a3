import {
  type Principal,
  type RelayRequest,
  type RequestChange,
  type RequestTransformer,
  Transformer,
} from '@crs/extension-api';
import { removeMembers, replaceSpan, setPath } from '@crs/json-scan';
import { Injectable } from '@nestjs/common';
import { isCodex } from '../../api-key/client-restriction.js';
import { CodexInstructions } from './codex-instructions.js';
import { isTranslated } from './is-translated.js';

/** What upstreams that are made for Codex refuse. */
const REMOVED_MEMBERS = [
  'temperature',
  'top_p',
  'max_output_tokens',
  'user',
  'text_formatting',
  'truncation',
  'text',
  'service_tier',
  'prompt_cache_retention',
  'safety_identifier',
];

/** `gpt-5-2025-08-07`, `gpt-5-mini`; not `gpt-5.1`, not `gpt-5-codex`. */
const VARIANT = /^gpt-5-(?!.*codex)/;
const COMMON_MODEL = 'gpt-5';

/**
 * Makes Responses requests of other clients look like Codex's. What a bridge has translated says what its client meant, and
 * stays so.
 */
@Injectable()
@Transformer({ order: 100, endpoints: ['responses', 'compact'] })
export class CodexAdaptationTransformer implements RequestTransformer {
  constructor(private readonly instructions: CodexInstructions) {}

  transform(request: RelayRequest, { adaptsForeignClients }: Principal): RequestChange | null {
    const { headers } = request;
    if (!adaptsForeignClients || isTranslated(request) || isCodex({ headers, hasClaudeCodeUserId: false })) return null;
    const body = this.adapted(request);
    return body === request.body ? null : { body };
  }

  private adapted({ body, model, modelSpan }: RelayRequest): Buffer {
    const { json } = this.instructions;
    const renamed = VARIANT.test(model) ? replaceSpan(body, modelSpan, COMMON_MODEL) : body;
    const stripped = removeMembers(renamed, REMOVED_MEMBERS);
    return json === null ? stripped : (setPath(stripped, ['instructions'], json) ?? stripped);
  }
}
