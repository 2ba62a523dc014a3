import { parseArgs } from 'node:util';
import { startSimulator } from './simulator.ts';

/**
 * Runs the simulator as a process: `node test/support/simulator/cli.ts --port 0 [--host 127.0.0.1] [--log-limit N]
 * [--no-bodies]`. Prints one line of JSON, `{"listening":URL,"pid":N}`, when it is ready.
 */
const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    host: { type: 'string', default: '127.0.0.1' },
    'log-limit': { type: 'string', default: '10000' },
    'no-bodies': { type: 'boolean', default: false },
  },
});

const simulator = await startSimulator({
  port: Number(values.port),
  host: values.host,
  logLimit: Number(values['log-limit']),
  keepBodies: !values['no-bodies'],
});
process.stdout.write(`${JSON.stringify({ listening: simulator.url, pid: process.pid })}\n`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    void simulator.close().then(() => process.exit(0));
  });
}
// A parent that started it with a channel has died when the channel closes.
process.once('disconnect', () => process.exit(0));
