/**
 * The real Codex command line against the built gateway and a simulated upstream: what Codex shows, whom the gateway
 * asks, what it books. Ends with a code other than 0 where anything differs from what is expected.
 */
import { parseArgs } from 'node:util';
import { startBuiltGateway } from '../test/support/built-gateway.ts';
import { startSimulator } from '../test/support/simulator/simulator.ts';
import { CASES, runCase } from './codex-cli/cases.ts';
import { CODEX_VERSION, installCodex } from './codex-cli/install.ts';

const HELP = `Usage: npm run try:codex -- [options]
  --codex FOLDER   use the @openai/codex that is installed there instead of fetching ${CODEX_VERSION} from the registry
  --only TEXT      only cases whose name holds this text`;

const { values } = parseArgs({
  options: {
    codex: { type: 'string' },
    only: { type: 'string', default: '' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(HELP);
  process.exit(0);
}

const codex = await installCodex(values.codex ?? null);
const simulator = await startSimulator();
const gateway = await startBuiltGateway();
const failed: string[] = [];
try {
  for (const [index, apiKey] of ['up-a', 'up-b'].entries()) {
    await gateway.admin.createAccount('codex', {
      name: apiKey,
      apiUrl: simulator.url,
      apiKey,
      priority: index + 1,
      // Each case finds both accounts as new; what they are marked with is looked at elsewhere.
      disableAutoProtection: true,
    });
  }
  for (const each of CASES.filter(({ name }) => name.includes(values.only))) {
    const { name, shown, asked, booked, ms, problems } = await runCase(
      { gateway, simulator, script: codex.script },
      each,
    );
    console.log(`${problems.length === 0 ? 'ok  ' : 'FAIL'}  ${name} (${(ms / 1000).toFixed(1)} s)`);
    console.log(`      shown   ${shown.replaceAll('\n', ' ')}\n      asked   ${asked}\n      booked  ${booked}`);
    failed.push(...problems.map((problem) => `${name}: ${problem}`));
  }
} finally {
  await gateway.stop();
  await simulator.close();
  codex.remove();
}
for (const problem of failed) console.log(`FAIL  ${problem}`);
process.exitCode = failed.length === 0 ? 0 : 1;
