/** The first version whose features the gateway relies on. */
const REQUIRED: readonly [major: number, minor: number] = [24, 9];

/** What to tell whoever runs the gateway on that version of Node.js (`24.9.0`); null when it is new enough. */
export function nodeProblem(version: string): string | null {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > REQUIRED[0] || (major === REQUIRED[0] && minor >= REQUIRED[1])) return null;
  return `Claude Relay Service needs Node.js ${REQUIRED.join('.')} or newer; this is ${version}. Run "npm start", which fetches it.`;
}
