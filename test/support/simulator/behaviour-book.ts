import { resolveStep } from './presets.ts';
import { generates, isOpenAi } from './routes.ts';
import type { Endpoint, SimulatorStep, StepLike } from './step.ts';

interface PlannedStep {
  readonly step: SimulatorStep;
  left: number;
}

interface KeyPlan {
  script: PlannedStep[];
  fallback: SimulatorStep | null;
}

const ANY_KEY = '*';

/** Which words a preset has is known when it is used; that it exists is known at once. */
function checked(given: StepLike): SimulatorStep {
  const step = typeof given === 'string' ? { preset: given } : given;
  resolveStep(step, 'anthropic');
  return step;
}

function suits(step: SimulatorStep, endpoint: Endpoint): boolean {
  if (step.for === undefined) return generates(endpoint);
  return step.for === 'any' || step.for === endpoint;
}

/** What each upstream key does next. The key `*` stands for every key that has nothing of its own to do. */
export class BehaviourBook {
  readonly #plans = new Map<string, KeyPlan>();

  script(key: string, steps: readonly StepLike[]): void {
    this.#plan(key).script = steps.map((given) => {
      const step = checked(given);
      return { step, left: step.times ?? 1 };
    });
  }

  setDefault(key: string, step: StepLike | null): void {
    this.#plan(key).fallback = step === null ? null : checked(step);
  }

  /** The step for this request; uses it up. */
  take(key: string, endpoint: Endpoint): SimulatorStep {
    for (const name of [key, ANY_KEY]) {
      const plan = this.#plans.get(name);
      const found = plan && (takeFrom(plan, endpoint) ?? fallbackOf(plan, endpoint));
      if (found) return resolveStep(found, isOpenAi(endpoint) ? 'openai' : 'anthropic');
    }
    return {};
  }

  clear(): void {
    this.#plans.clear();
  }

  #plan(key: string): KeyPlan {
    const plan = this.#plans.get(key) ?? { script: [], fallback: null };
    this.#plans.set(key, plan);
    return plan;
  }
}

function takeFrom(plan: KeyPlan, endpoint: Endpoint): SimulatorStep | null {
  const planned = plan.script.find((candidate) => candidate.left > 0 && suits(candidate.step, endpoint));
  if (!planned) return null;
  planned.left -= 1;
  return planned.step;
}

function fallbackOf(plan: KeyPlan, endpoint: Endpoint): SimulatorStep | null {
  return plan.fallback && suits(plan.fallback, endpoint) ? plan.fallback : null;
}
