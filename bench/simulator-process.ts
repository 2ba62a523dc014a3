import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

export interface SimulatorProcess {
  readonly url: string;
  stop(): Promise<void>;
}

/** The simulated upstream in a process of its own, so that its work is not counted as anybody else's. */
export async function startSimulatorProcess(step: unknown): Promise<SimulatorProcess> {
  const script = resolve('test/support/simulator/cli.ts');
  const child = spawn(process.execPath, [script, '--no-bodies', '--log-limit', '100'], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  if (child.stdout === null) throw new Error('the simulator has no output');
  const [line] = (await once(child.stdout, 'data', { signal: AbortSignal.timeout(10_000) })) as [Buffer];
  const { listening } = JSON.parse(line.toString()) as { listening: string };
  await fetch(`${listening}/__control`, { method: 'POST', body: JSON.stringify({ key: '*', default: step }) });
  return {
    url: listening,
    stop: async () => {
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}
