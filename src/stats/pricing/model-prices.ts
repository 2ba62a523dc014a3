/** USD per million tokens. Null: the vendor names no own price for that class of tokens. */
export interface TokenPrices {
  readonly input: number;
  readonly output: number;
  /** Cache writes that live 5 minutes. */
  readonly cacheWrite: number | null;
  /** Cache writes that live an hour. */
  readonly cacheWrite1h: number | null;
  readonly cacheRead: number | null;
}

/** Everything that is known of a model's prices at one instant. */
export interface ModelPrices {
  readonly standard: TokenPrices;
  /** What the whole request costs when its input, cache included, is longer than that many tokens. */
  readonly longContext: { readonly aboveTokens: number; readonly prices: TokenPrices } | null;
  /** Anthropic's rules fill gaps in the cache prices, and fast mode exists. */
  readonly isClaude: boolean;
  /** Factor of the priority tier; null = the model has none. */
  readonly priorityMultiplier: number | null;
  /** Factor of fast mode; null = not published. */
  readonly fastMultiplier: number | null;
}
