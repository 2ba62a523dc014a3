import type { ServiceName } from '@crs/extension-api';

/** Of what the price list names, that which no endpoint serves, or no upstream knows under this name. */
const NOT_OFFERED: readonly RegExp[] = [
  // Fine-tuned models are somebody's own, and only begin so; a variant behind a colon is another gateway's.
  /:|\.ft-/,
  /audio|embedding|image|moderation|realtime|transcribe|tts|whisper/,
  // Completions of before the chat.
  /^(?:ada|babbage|curie|davinci|text-.*)$|-instruct/,
  // Beginnings of names, and spellings of other gateways.
  /^claude-(?:v1|2|3-haiku|3-sonnet|3-5-sonnet)$|^computer-use$|^gpt-3\.5-0301$/,
  /^gpt-35|^gpt-\d-\d(?!\d)/,
];

/** Whether a client can ask for a model by this name. */
export const isOffered = (name: string): boolean => !NOT_OFFERED.some((pattern) => pattern.test(name));

/** Names that clients use, and of which the price list has the beginning only. */
export const DATED_MODELS: Readonly<Record<ServiceName, readonly string[]>> = {
  claude: [
    'claude-3-5-haiku-20241022',
    'claude-3-5-sonnet-20241022',
    'claude-3-7-sonnet-20250219',
    'claude-3-haiku-20240307',
    'claude-3-opus-20240229',
    'claude-haiku-4-5-20251001',
    'claude-opus-4-1-20250805',
    'claude-opus-4-5-20251101',
    'claude-sonnet-4-20250514',
    'claude-sonnet-4-5-20250929',
  ],
  codex: ['gpt-5.3-codex-spark'],
};
