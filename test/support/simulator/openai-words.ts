import type { ReplyPlan } from './reply.ts';
import type { SimulatedError, SimulatedUsage } from './step.ts';
import { outputTokensOf } from './usage.ts';

export const OPENAI_OVERLOAD: SimulatedError = {
  type: 'service_unavailable_error',
  code: 'server_is_overloaded',
  message: 'Our servers are currently overloaded. Please try again later.',
};

/** By the code of an error, else by its type. */
const STATUSES: Readonly<Record<string, number>> = {
  invalid_api_key: 401,
  unsupported_country_region_territory: 403,
  model_not_found: 404,
  rate_limit_exceeded: 429,
  usage_limit_reached: 429,
  insufficient_quota: 429,
  server_is_overloaded: 503,
  slow_down: 503,
  invalid_request_error: 400,
  authentication_error: 401,
  permission_error: 403,
  not_found_error: 404,
  rate_limit_error: 429,
  overloaded_error: 503,
  service_unavailable_error: 503,
};

export function openAiStatusOf({ type, code = '' }: SimulatedError): number {
  return STATUSES[code] ?? STATUSES[type] ?? 500;
}

export function openAiErrorBody({ type, message, code, param, more }: SimulatedError): { readonly error: unknown } {
  return { error: { message, type, param: param ?? null, code: code ?? null, ...more } };
}

/** The figures as OpenAI tells them: one sum of cache writes, and what of the output was reasoning. */
export function withOpenAiUsage(plan: ReplyPlan): ReplyPlan {
  const { outputTokens } = plan.usage;
  const thoughts = plan.blocks.filter(({ type }) => type === 'thinking');
  const reasoningTokens = thoughts.length === 0 ? 0 : Math.min(outputTokens, outputTokensOf(thoughts));
  const usage: SimulatedUsage = {
    ...plan.usage,
    ephemeral5mTokens: 0,
    ephemeral1hTokens: 0,
    hasCacheSplit: false,
    reasoningTokens: plan.usage.reasoningTokens ?? reasoningTokens,
  };
  return { ...plan, usage };
}

/** One limit of an account with a ChatGPT plan, as its answers tell it. */
interface PlanWindow {
  readonly usedPercent: number;
  readonly windowMinutes: number;
  readonly resetAfterSeconds: number;
}

/** The `x-codex-*` headers of a plan's windows, of five hours and of a week. */
export function planHeaders(primary: PlanWindow, secondary: PlanWindow): Record<string, string> {
  const entries = Object.entries({ primary, secondary }).flatMap(([name, window]): [string, string][] => [
    [`x-codex-${name}-used-percent`, String(window.usedPercent)],
    [`x-codex-${name}-window-minutes`, String(window.windowMinutes)],
    [`x-codex-${name}-reset-after-seconds`, String(window.resetAfterSeconds)],
  ]);
  return Object.fromEntries(entries);
}
