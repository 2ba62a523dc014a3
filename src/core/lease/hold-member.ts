/** A request's estimated cost while it runs, as a member of `keys.limits.holds`. */
export interface Hold {
  readonly requestId: string;
  /** Rated micro-USD. */
  readonly microUsd: number;
  readonly tokens: number;
  /** Counts against the weekly limit of Claude models. */
  readonly isClaude: boolean;
}

/** The script of admission writes the same form. */
export const formatHold = ({ requestId, microUsd, tokens, isClaude }: Hold): string =>
  `${requestId}:${String(microUsd)}:${String(tokens)}:${isClaude ? '1' : '0'}`;

export function parseHold(member: string): Hold {
  const [requestId = '', microUsd = '', tokens = '', claude = ''] = member.split(':');
  return { requestId, microUsd: Number(microUsd) || 0, tokens: Number(tokens) || 0, isClaude: claude === '1' };
}
