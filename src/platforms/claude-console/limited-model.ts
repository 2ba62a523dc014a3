import type { HeaderMap } from '@crs/extension-api';
import { isModelName, namesModelAlone, type UpstreamError } from '@crs/platform-kit';

/** A rate limit, as the upstream told it. */
export interface ToldLimit {
  readonly headers: HeaderMap;
  readonly error: UpstreamError;
}

/** By these codes an upstream says that one model rests, whichever way it spells the name. */
const MODEL_CODE = /^model_(?:cooldown|rate_limit)/i;
/** Which of its limits Anthropic means: `five_hour`, `seven_day`, or one of a family alone: `seven_day_opus`. */
const CLAIM = 'anthropic-ratelimit-unified-representative-claim';
const FAMILY_CLAIM = /^(?:five_hour|seven_day)_([a-z]{3,})$/i;

/**
 * Whether a rate limit concerns the model that was asked for and no other. Only where the upstream says so beyond doubt:
 * whatever may be meant for the whole account is meant for the whole account.
 *
 * @param model under the upstream's name
 */
export function concernsModelOnly({ headers, error }: ToldLimit, model: string): boolean {
  if (!isModelName(model)) return false;
  const claim = headers[CLAIM];
  if (typeof claim === 'string' && claim !== '') return namesFamilyOf(model, claim);
  if ([error.type, error.fields['code']].some((code) => typeof code === 'string' && MODEL_CODE.test(code))) return true;
  return namesModelAlone(error.message, model, 'claude');
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
