import { hash } from 'node:crypto';
import type { ServiceName } from '@crs/extension-api';

/** No vendor's name is as long, in UTF-16 units. Clients name models as they like, and what is booked is kept. */
export const LONGEST_MODEL_NAME = 200;
/** Under this name the models of a key are counted that are too many to be told apart. */
export const OTHER_MODELS = 'other';
const HASH_LENGTH = 12;
const CONTROL_CHARACTERS = /\p{Cc}/gu;

/** Amazon Bedrock's names: an optional region, the vendor, the model, an optional version (`us.anthropic.x-v1:0`). */
const BEDROCK = /^(?:(?:us-gov|us|eu|apac|jp|au|ca|global)\.)?(?:anthropic\.(?=.)|(?=claude))(.+?)(?:-v\d+:\d+)?$/;

/**
 * The name of a model as it may be kept: a longer one ends with a hash of the whole; half a character, which no store can
 * keep, and control characters become U+FFFD. Bounded again it stays the same.
 */
export function boundedModelName(model: string): string {
  const name = model.toWellFormed().trim();
  if (name.length <= LONGEST_MODEL_NAME) return name.replace(CONTROL_CHARACTERS, '\ufffd');
  const end = `~${hash('sha256', name, 'base64url').slice(0, HASH_LENGTH)}`;
  const start = name.slice(0, LONGEST_MODEL_NAME - end.length).toWellFormed();
  return `${start.replace(CONTROL_CHARACTERS, '\ufffd')}${end}`;
}

/**
 * The name under which a model is counted: the upstream's own, bounded, without Bedrock's region, vendor and version and
 * without `:latest`. An empty name becomes `unknown`, so that its usage is still booked somewhere.
 */
export function countedModelName(model: string): string {
  const name = boundedModelName(model).replace(/:latest$/, '');
  return (BEDROCK.exec(name)?.[1] ?? name) || 'unknown';
}

/**
 * Whether the weekly limit of Claude models counts a model. A mapped account may call it by its family alone
 * (`vendor-opus`); a limit that such a name escapes would be none.
 */
export function isClaudeFamily(model: string): boolean {
  return /claude|(?:^|[^a-z])(?:opus|sonnet|haiku)(?:[^a-z]|$)/i.test(model);
}

const OPENAI_FAMILY = /^(?:gpt|chatgpt|codex|o\d)(?:[^a-z]|$)/i;

/** The service whose models are named so; null = the name tells nothing. */
export function serviceOfModel(model: string): ServiceName | null {
  if (isClaudeFamily(model)) return 'claude';
  return OPENAI_FAMILY.test(model) ? 'codex' : null;
}
