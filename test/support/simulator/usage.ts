import type { ContentBlock, SimulatedUsage } from './step.ts';

const BYTES_PER_TOKEN = 4;

function outputBytes(blocks: readonly ContentBlock[]): number {
  return blocks.reduce((sum, block) => {
    if (block.type === 'text') return sum + Buffer.byteLength(block.text);
    if (block.type === 'refusal') return sum + Buffer.byteLength(block.refusal);
    if (block.type === 'thinking') return sum + Buffer.byteLength(block.thinking);
    return sum + Buffer.byteLength(JSON.stringify(block.input));
  }, 0);
}

/** Tokens of a request body: a pure function of its bytes, so that a test can work them out on its own. */
export function inputTokensOf(body: Buffer): number {
  return Math.max(1, Math.ceil(body.length / BYTES_PER_TOKEN));
}

export function outputTokensOf(blocks: readonly ContentBlock[]): number {
  return Math.max(1, Math.ceil(outputBytes(blocks) / BYTES_PER_TOKEN));
}

/**
 * The figures of an answer. Without an override: a body that speaks of `cache_control` has a quarter of its tokens read
 * from the cache and an eighth written to it (for an hour when it says `"ttl":"1h"`); one with a `prompt_cache_key` has
 * the quarter alone; any other body has none.
 */
export function usageOf(
  body: Buffer,
  blocks: readonly ContentBlock[],
  override: Partial<SimulatedUsage> = {},
): SimulatedUsage {
  const total = inputTokensOf(body);
  const caches = body.includes('"cache_control"');
  const isKeyed = body.includes('"prompt_cache_key"');
  const forAnHour = /"ttl"\s*:\s*"1h"/.test(body.toString('latin1'));
  const read = caches || isKeyed ? Math.floor(total / 4) : 0;
  const written = caches ? Math.floor(total / 8) : 0;
  const ephemeral1hTokens = override.ephemeral1hTokens ?? (forAnHour ? written : 0);
  const ephemeral5mTokens = override.ephemeral5mTokens ?? (forAnHour ? 0 : written);
  return {
    inputTokens: override.inputTokens ?? total - read - written,
    outputTokens: override.outputTokens ?? outputTokensOf(blocks),
    cacheCreateTokens: override.cacheCreateTokens ?? ephemeral5mTokens + ephemeral1hTokens,
    cacheReadTokens: override.cacheReadTokens ?? read,
    ephemeral5mTokens,
    ephemeral1hTokens,
    hasCacheSplit: override.hasCacheSplit ?? true,
    ...(override.reasoningTokens === undefined ? {} : { reasoningTokens: override.reasoningTokens }),
  };
}
