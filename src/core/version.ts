import { readFileSync } from 'node:fs';

export const SERVICE_NAME = 'claude-relay-service';

/** The version of the running service, read once from package.json (two folders up, from source and from the build). */
export const SERVICE_VERSION = readVersion();

function readVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return version;
}
