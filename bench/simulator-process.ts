import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

export interface SimulatorProcess {
  readonly url: string;
  /** Orders as its `POST /__control` takes them. */
  control(orders: unknown): Promise<void>;
  /** Every request that it has seen, or those with one upstream key. */
  log(key?: string): Promise<readonly unknown[]>;
  stop(): Promise<void>;
}

/** The simulated upstream in a process of its own, so that its work is not counted as anybody else's. */
export async function startSimulatorProcess(
  step: unknown,
  { logLimit = 100 }: { readonly logLimit?: number } = {},
): Promise<SimulatorProcess> {
  const script = resolve('test/support/simulator/cli.ts');
  const child = spawn(process.execPath, [script, '--no-bodies', '--log-limit', String(logLimit)], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  if (child.stdout === null) throw new Error('the simulator has no output');
  const [line] = (await once(child.stdout, 'data', { signal: AbortSignal.timeout(10_000) })) as [Buffer];
  const { listening } = JSON.parse(line.toString()) as { listening: string };
  const control = async (orders: unknown): Promise<void> => {
    const answer = await fetch(`${listening}/__control`, { method: 'POST', body: JSON.stringify(orders) });
    if (!answer.ok) throw new Error(`The simulator refused an order: ${await answer.text()}`);
  };
  await control({ key: '*', default: step });
  return {
    url: listening,
    control,
    log: async (key) => {
      const query = key === undefined ? '' : `?key=${encodeURIComponent(key)}`;
      const answer = await fetch(`${listening}/__log${query}`);
      return ((await answer.json()) as { entries: readonly unknown[] }).entries;
    },
    stop: async () => {
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}
