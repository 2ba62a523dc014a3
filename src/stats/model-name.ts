/** Amazon Bedrock's names: an optional region, the vendor, the model, an optional version (`us.anthropic.x-v1:0`). */
const BEDROCK = /^(?:(?:us-gov|us|eu|apac|jp|au|ca|global)\.)?(?:anthropic\.(?=.)|(?=claude))(.+?)(?:-v\d+:\d+)?$/;

/**
 * The name under which a model is counted: the upstream's own, without Bedrock's region, vendor and version and without
 * `:latest`. An empty name becomes `unknown`, so that its usage is still booked somewhere; half a character, which no
 * store can keep, becomes U+FFFD.
 */
export function countedModelName(model: string): string {
  const name = model
    .toWellFormed()
    .trim()
    .replace(/:latest$/, '');
  return (BEDROCK.exec(name)?.[1] ?? name) || 'unknown';
}

/**
 * Whether the weekly limit of Claude models counts a model. A mapped account may call it by its family alone
 * (`vendor-opus`); a limit that such a name escapes would be none.
 */
export function isClaudeFamily(model: string): boolean {
  return /claude|(?:^|[^a-z])(?:opus|sonnet|haiku)(?:[^a-z]|$)/i.test(model);
}
