/** What a package manager's output means, and what to do about it. The first that matches speaks. */
const MEANINGS = [
  [/ENOSPC|no space left/i, 'There is no space left on the disk. Free some and run the command again.'],
  [
    /OUTDATED_LOCKFILE|FROZEN_LOCKFILE|lockfile is not up to date|LOCKFILE_CONFIG_MISMATCH/i,
    'pnpm-lock.yaml does not fit the package.json files. Run `pnpm install` and keep the pnpm-lock.yaml that it writes.',
  ],
  [
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ERR_SOCKET_TIMEOUT|META_FETCH_FAIL|error sending request|dns error/i,
    'The npm registry cannot be reached. Check the network (and proxy settings) and run the command again.',
  ],
  [
    /SELF_SIGNED|UNABLE_TO_GET_ISSUER|UNABLE_TO_VERIFY|CERT_|certificate/i,
    'The certificate of the npm registry is not trusted. Set NODE_EXTRA_CA_CERTS to the file of your own authority.',
  ],
  [
    /EACCES|EPERM|EROFS|permission denied/i,
    'The project folder or the home folder cannot be written to. Mend its rights.',
  ],
  [/E404|ETARGET|NO_MATCHING_VERSION/i, 'The npm registry does not have the exact version that is pinned here.'],
];

/** One sentence for a failed tool; its last lines where nothing better is known. */
export function explainFailure(what, { code, output }) {
  const meaning = MEANINGS.find(([pattern]) => pattern.test(output))?.[1];
  const lastLines = output.trim().split('\n').slice(-15).join('\n');
  return meaning ? `${what} failed. ${meaning}` : `${what} failed with code ${code}:\n${lastLines}`;
}
