#!/usr/bin/env node
import { nodeProblem } from './core/required-node.js';

const problem = nodeProblem(process.versions.node);
if (problem === null) {
  // Imported only now: on an older Node the import itself would fail, with a message that nobody understands.
  const { runCommand } = await import('./cli/run-command.js');
  process.exitCode = await runCommand(process.argv.slice(2));
} else {
  process.stderr.write(`${problem}\n`);
  process.exitCode = 2;
}
