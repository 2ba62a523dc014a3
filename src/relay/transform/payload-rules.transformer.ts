import {
  type PayloadRule,
  type Principal,
  type RelayRequest,
  type RequestChange,
  type RequestTransformer,
  Transformer,
} from '@crs/extension-api';
import { setPaths } from '@crs/json-scan';
import { Injectable } from '@nestjs/common';
import { isTranslated } from './is-translated.js';
import { editOf, namesOf } from './payload-rule.js';

/** Decided before a request is translated: the model by the key's restriction and the price, the stream by the client. */
const SETTLED_NAMES: ReadonlySet<string> = new Set(['model', 'stream']);

/**
 * Writes what the key's payload rules say into Responses requests, one rule after the other. A rule that cannot be applied
 * changes nothing, and the request goes on.
 */
@Injectable()
@Transformer({ order: 200, endpoints: ['responses', 'compact'] })
export class PayloadRulesTransformer implements RequestTransformer {
  transform(request: RelayRequest, { responsesRules }: Principal): RequestChange | null {
    const rules = isTranslated(request) ? responsesRules.filter(staysOpen) : responsesRules;
    const body = setPaths(
      request.body,
      rules.map(editOf).filter((edit) => edit !== null),
    );
    return body === request.body ? null : { body };
  }
}

const staysOpen = ({ path }: PayloadRule): boolean => !SETTLED_NAMES.has(namesOf(path)?.[0] ?? '');
