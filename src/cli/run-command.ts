import { HttpException } from '@nestjs/common';
import { describeFatal } from '../core/logging/fatal-text.js';
import { runDoctor } from './doctor.command.js';
import { UsageError } from './usage-error.js';

const USAGE = `Usage: crs doctor usage [--from YYYY-MM-DD] [--to YYYY-MM-DD] [--key ID] [--json]

Compares records, counters, costs and roll-ups of the last 31 days, or of the days given, and names every difference.
Changes nothing. Settings are those of the gateway: the environment, and .env in the working directory.

Exit codes: 0 the books agree, 1 there are differences, 2 they could not be checked.
`;

/** Nothing was found out. */
const FAILED = 2;

/** Runs one command of an administrator at the terminal and answers its exit code. Never rejects. */
export async function runCommand(args: readonly string[]): Promise<number> {
  try {
    if (args.includes('--help') || args.includes('-h')) {
      process.stdout.write(USAGE);
      return 0;
    }
    if (args[0] === 'doctor' && args[1] === 'usage') return await runDoctor(args.slice(2));
    throw new UsageError(
      args.length === 0 ? 'No command was given.' : `There is no command "${args.slice(0, 2).join(' ')}".`,
    );
  } catch (error: unknown) {
    tell(error);
    return FAILED;
  }
}

function tell(error: unknown): void {
  if (error instanceof UsageError) {
    process.stderr.write(`${error.message}\n\n${USAGE}`);
  } else if (error instanceof HttpException) {
    process.stderr.write(`${error.message}\n`);
  } else {
    const { logLine, text } = describeFatal(error, new Date());
    if (logLine !== null) process.stderr.write(`${logLine}\n`);
    process.stderr.write(`${text}\n`);
  }
}
