import { HttpException } from '@nestjs/common';
import { ConfigError } from '../core/config/config-error.js';
import { describeFatal } from '../core/logging/fatal-text.js';
import { runDoctor } from './doctor.command.js';
import { runMigrate } from './migrate/migrate.command.js';
import { MigrationError } from './migrate/migration-error.js';
import { UsageError } from './usage-error.js';

const USAGE = `Usage: crs doctor usage [--from YYYY-MM-DD] [--to YYYY-MM-DD] [--key ID] [--json]
       crs migrate v1-to-v2 [--from URL] [--to URL|embedded] [--dry-run] [--overwrite] [--remove]
                           [--json]
       crs migrate v1-to-v2 --back [--from URL|embedded] [--to URL] [--dry-run] [--overwrite] [--remove]
                           [--json]

doctor usage

Compares records, counters, costs and roll-ups of the last 31 days, or of the days given, and names every difference.
Changes nothing. Settings are those of the gateway: the environment, and .env in the working directory.

Exit codes: 0 the books agree, 1 there are differences, 2 they could not be checked.

migrate v1-to-v2
Copies the data of claude-relay-service v1 to a database of its own for v2; --back copies v2's data to v1's. Only reads
--from. Run it as often as you like: it copies what has changed since, and reports what both sides have changed.
URL: redis://[user:password@]host[:port][/db], rediss:// for TLS; "embedded" is v2's store in DATA_DIR. Without options
v1's database is the one that REDIS_URL or REDIS_HOST, REDIS_DB and the others of the environment or .env name, and v2's
is database 1 of the same server. ENCRYPTION_KEY must be v1's.
--dry-run   write nothing; say what would be copied, which settings of keys differ, and the costs per day
--overwrite write what both sides have changed as --from has it, and accept a target that has other data
--remove    delete in --to whatever --from has no more, also where that is very much

Exit codes: 0 done, 1 something failed or it was stopped, 2 wrong usage, 3 keys are in conflict, or it was refused.
`;

/** Nothing was found out; the command was written wrong. */
const FAILED = 2;
/** What `migrate` answers in place of it. */
const MIGRATION_FAULT = 1;
const MIGRATION_REFUSED = 3;

/** Runs one command of an administrator at the terminal and answers its exit code. Never rejects. */
export async function runCommand(args: readonly string[]): Promise<number> {
  try {
    if (args.includes('--help') || args.includes('-h')) {
      process.stdout.write(USAGE);
      return 0;
    }
    if (args[0] === 'doctor' && args[1] === 'usage') return await runDoctor(args.slice(2));
    if (isMigration(args)) return await runMigrate(args.slice(2));
    throw new UsageError(
      args.length === 0 ? 'No command was given.' : `There is no command "${args.slice(0, 2).join(' ')}".`,
    );
  } catch (error: unknown) {
    tell(error);
    return isMigration(args) ? migrationCode(error) : FAILED;
  }
}

const isMigration = ([command, what]: readonly string[]): boolean => command === 'migrate' && what === 'v1-to-v2';

function migrationCode(error: unknown): number {
  if (error instanceof UsageError || error instanceof ConfigError) return FAILED;
  return error instanceof MigrationError && error.kind === 'refused' ? MIGRATION_REFUSED : MIGRATION_FAULT;
}

function tell(error: unknown): void {
  if (error instanceof UsageError) {
    process.stderr.write(`${error.message}\n\n${USAGE}`);
  } else if (error instanceof HttpException || error instanceof MigrationError) {
    process.stderr.write(`${error.message}\n`);
  } else {
    const { logLine, text } = describeFatal(error, new Date());
    if (logLine !== null) process.stderr.write(`${logLine}\n`);
    process.stderr.write(`${text}\n`);
  }
}
