import type { FailureContext } from '@crs/extension-api';
import type { UpstreamError } from './upstream-error.js';

/**
 * Whether the upstream refuses the account: `told`; or only seems to, because the request holds every such text that the
 * message does, and may be what is quoted: `quoted`.
 *
 * @param texts the platform's own, in lower case
 */
export function findAccountFault(
  { message }: UpstreamError,
  context: FailureContext,
  texts: readonly string[],
): 'told' | 'quoted' | null {
  const spoken = message.toLowerCase();
  const found = [...texts, ...context.accountFaultTexts].filter((text) => spoken.includes(text));
  if (found.length === 0) return null;
  return found.every((text) => context.requestHolds(text)) ? 'quoted' : 'told';
}
