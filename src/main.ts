import { nodeProblem } from './core/required-node.js';

const problem = nodeProblem(process.versions.node);
if (problem === null) {
  // Imported only now: on an older Node the import itself would fail, with a message that nobody understands.
  const { start } = await import('./bootstrap.js');
  await start();
} else {
  process.stderr.write(`${problem}\n`);
  process.exitCode = 1;
}
