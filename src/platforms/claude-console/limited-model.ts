import type { HeaderMap } from '@crs/extension-api';
import type { UpstreamError } from './upstream-error.js';

/** A rate limit, as the upstream told it. */
export interface ToldLimit {
  readonly headers: HeaderMap;
  readonly error: UpstreamError;
}

/** A name that is longer is no model's. */
const MAX_MODEL_CHARS = 200;
/** By these codes an upstream says that one model rests, whichever way it spells the name. */
const MODEL_CODE = /^model_(?:cooldown|rate_limit)/i;
/** Which of its limits Anthropic means: `five_hour`, `seven_day`, or one of a family alone: `seven_day_opus`. */
const CLAIM = 'anthropic-ratelimit-unified-representative-claim';
const FAMILY_CLAIM = /^(?:five_hour|seven_day)_([a-z]{3,})$/i;
/** Words of a limit that holds for more than a model. */
const WIDER = /\b(?:account|balance|billing|credits?|models|plan|subscription)\b/i;

/**
 * Whether a rate limit concerns the model that was asked for and no other. Only where the upstream says so beyond doubt:
 * whatever may be meant for the whole account is meant for the whole account.
 *
 * @param model under the upstream's name
 */
export function concernsModelOnly({ headers, error }: ToldLimit, model: string): boolean {
  if (model === '' || model.length > MAX_MODEL_CHARS) return false;
  const claim = headers[CLAIM];
  if (typeof claim === 'string' && claim !== '') return namesFamilyOf(model, claim);
  if ([error.type, error.fields['code']].some((code) => typeof code === 'string' && MODEL_CODE.test(code))) return true;
  return namesModelAlone(error.message, model);
}

/** A family of models is limited for each of them; the others of the family find out for themselves. */
function namesFamilyOf(model: string, claim: string): boolean {
  const family = FAMILY_CLAIM.exec(claim)?.[1]?.toLowerCase();
  return (
    family !== undefined &&
    model
      .toLowerCase()
      .split(/[^a-z]+/)
      .includes(family)
  );
}

/** `... (org: x, model: claude-a)`, `Rate limit reached for claude-a`, with no word of another model or of more than it. */
function namesModelAlone(message: string, model: string): boolean {
  const name = wholeName(model);
  if (!new RegExp(`\\b(?:for|model)[\\s:="'\`(]{1,4}${name}`, 'i').test(message)) return false;
  const rest = message.replace(new RegExp(name, 'gi'), ' ');
  const vendor = model.replace(/[^\p{L}\p{N}].*$/su, '');
  return !WIDER.test(rest) && !new RegExp(`\\b(?:claude|${escaped(vendor)})-\\w`, 'i').test(rest);
}

/** The name, and not the beginning or the end of a longer one. */
const wholeName = (model: string): string => `(?<![\\w./@-])${escaped(model)}(?![\\w/@-]|[.:]\\w)`;

const escaped = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
