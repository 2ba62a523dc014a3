import type { Principal } from '@crs/extension-api';

/** A request that asks to be let through. */
export interface AdmissionRequest {
  readonly requestId: string;
  readonly principal: Principal;
  /** As the client asked for it; what the cost is learned under. */
  readonly model: string;
  /** Counts against the weekly limit of Claude models. */
  readonly isClaudeModel: boolean;
  /** What it is taken to cost as long as nothing was learned: rated micro-USD and tokens, whole numbers. */
  readonly firstEstimate: { readonly microUsd: number; readonly tokens: number };
  /** The client has gone, or the gateway stops: the wait ends with the signal's reason. */
  readonly signal: AbortSignal;
}
