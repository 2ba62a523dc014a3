/**
 * The gateway with a simulated upstream behind it, one account and one key, to try it without any account of one's own.
 * Data live in a temporary folder that goes with it. PORT chooses the port (3000).
 */
import { once } from 'node:events';
import { startBuiltGateway, type BuiltGateway } from '../test/support/built-gateway.ts';
import { startSimulator, type Simulator } from '../test/support/simulator/simulator.ts';

const DEFAULT_PORT = 3000;
const UPSTREAM_KEY = 'demo-upstream-key';
const TEXT = 'Hello from the simulated upstream. The gateway picked an account and relayed this answer to you.';

async function fill(gateway: BuiltGateway, simulator: Simulator): Promise<string> {
  simulator.setDefault('*', { text: TEXT, eventDelayMs: 20 });
  await gateway.admin.createAccount('claude-console', {
    name: 'Simulated upstream',
    apiUrl: simulator.url,
    apiKey: UPSTREAM_KEY,
  });
  const { key } = await gateway.admin.createKey({ name: 'Demo key' });
  return key;
}

function instructions(gateway: BuiltGateway, key: string): string {
  const body = JSON.stringify({
    model: 'claude-sonnet-4-5',
    max_tokens: 100,
    stream: true,
    messages: [{ role: 'user', content: 'Hello' }],
  });
  return `
The gateway serves at ${gateway.url} with one simulated account.

  Administration   ${gateway.url}/docs   user admin, password ${gateway.adminPassword}
  Client key       ${key}

Try it with curl:

  curl -N ${gateway.url}/api/v1/messages -H 'authorization: Bearer ${key}' \\
    -H 'anthropic-version: 2023-06-01' -H 'content-type: application/json' \\
    -d '${body}'

Try it with Claude Code, in another terminal:

  export ANTHROPIC_BASE_URL=${gateway.url}/api
  export ANTHROPIC_AUTH_TOKEN=${key}
  claude

Ctrl-C ends the demo and forgets everything.
`;
}

async function demonstrate(port: number): Promise<number> {
  const simulator = await startSimulator({ keepBodies: false, logLimit: 100 });
  const gateway = await startBuiltGateway({ port, showOutput: true });
  const stopSignal = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM'), once(process, 'SIGHUP')]);
  process.stdout.write(`${instructions(gateway, await fill(gateway, simulator))}\n`);
  const first = await Promise.race([gateway.ended, stopSignal.then(() => 'stop' as const)]);
  if (first === 'stop') await gateway.stop();
  await simulator.close();
  return first === 'stop' ? 0 : (first ?? 1);
}

/** What to tell the reader instead of a stack. */
function explain(error: unknown, port: number): string {
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
    return `Port ${port} is taken: choose another one, for example PORT=${port + 1} npm run demo`;
  }
  return error instanceof Error ? error.message : String(error);
}

const port = Number(process.env['PORT'] ?? DEFAULT_PORT);
try {
  process.exit(await demonstrate(port));
} catch (error: unknown) {
  process.stderr.write(`${explain(error, port)}\n`);
  process.exit(1);
}
