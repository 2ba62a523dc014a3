/** A name that is longer is no model's. */
const MAX_MODEL_CHARS = 200;
/** A shorter name of a model may be any word. */
const MIN_NAME_CHARS = 4;
/** Words of a limit that holds for more than a model. */
const WIDER = /\b(?:account|balance|billing|credits?|models|plan|subscription)\b/i;

export const isModelName = (model: string): boolean => model !== '' && model.length <= MAX_MODEL_CHARS;

/** What the message says beside the model's name, which the client has chosen; in lower case where it holds the name. */
export function withoutModel(message: string, model: string): string {
  const name = model.toLowerCase();
  const spoken = message.toLowerCase();
  return name.length >= MIN_NAME_CHARS && spoken.includes(name) ? spoken.replaceAll(name, ' ') : message;
}

/** Whether the message speaks of the model by its name, or begins with the word. */
export function speaksOfModel(message: string, model: string): boolean {
  const isNamed = model.length >= MIN_NAME_CHARS && message.toLowerCase().includes(model.toLowerCase());
  return isNamed || /^models?\b/i.test(message);
}

/**
 * `... (org: x, model: claude-a)`, `Rate limit reached for claude-a`, with no word of another model or of more than it.
 *
 * @param model a name for which isModelName holds
 * @param family how names of the platform's models begin, as the source of a pattern
 */
export function namesModelAlone(message: string, model: string, family: string): boolean {
  const name = wholeName(model);
  if (!new RegExp(`\\b(?:for|model)[\\s:="'\`(]{1,4}${name}`, 'i').test(message)) return false;
  const rest = message.replace(new RegExp(name, 'gi'), ' ');
  const vendor = model.replace(/[^\p{L}\p{N}].*$/su, '');
  return !WIDER.test(rest) && !new RegExp(`\\b(?:${family}|${escaped(vendor)})-\\w`, 'i').test(rest);
}

/** The name, and not the beginning or the end of a longer one. */
const wholeName = (model: string): string => `(?<![\\w./@-])${escaped(model)}(?![\\w/@-]|[.:]\\w)`;

const escaped = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
