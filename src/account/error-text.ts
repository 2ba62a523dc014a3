/** What looks like a key. Repetitions are bounded where a hostile text could make the search slow. */
const KEY_SHAPES: readonly RegExp[] = [
  // JSON web tokens.
  /\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?/g,
  // Vendors' keys: a short prefix, a separator, a tail (sk-ant-..., cr_..., gsk_..., rk_live_...).
  /\b(?:sk|pk|rk|ak|cr|gsk|xai|ghp|gho|hf)[-_][\w.*-]{6,}/gi,
  /\bAIza[\w-]{10,}/g,
  // What stands behind the word for it.
  /\b(?:bearer|basic)\s{1,3}[\w.~+/=-]{6,}/gi,
  /(?<=\b(?:api[-_ ]?key|access[-_ ]?token|authorization|secret|password|token)["']?\s{0,3}[:=]\s{0,3}["']?)[^\s"',;}]{6,}/gi,
  // Any long run of letters and digits with both in it.
  /\b(?=[A-Za-z_]*\d)(?=[\d_]*[A-Za-z])\w{32,}/g,
];

/** More of a text is not looked at. */
const MAX_LOOKED_AT = 4096;
const REDACTED = '[redacted]';

/** An upstream's words about a failure, at most `maxChars` long, without the secret and anything that looks like a key. */
export function redactErrorText(text: string, secret: string, maxChars: number): string {
  const withoutSecret = secret === '' ? text : text.replaceAll(secret, REDACTED);
  return KEY_SHAPES.reduce((rest, shape) => rest.replace(shape, REDACTED), withoutSecret.slice(0, MAX_LOOKED_AT)).slice(
    0,
    maxChars,
  );
}
