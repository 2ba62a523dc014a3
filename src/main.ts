/** The first version whose features the gateway relies on. */
const REQUIRED_NODE: readonly [major: number, minor: number] = [24, 9];

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major > REQUIRED_NODE[0] || (major === REQUIRED_NODE[0] && minor >= REQUIRED_NODE[1])) {
  // Imported only now: on an older Node the import itself would fail, with a message that nobody understands.
  const { start } = await import('./bootstrap.js');
  await start();
} else {
  process.stderr.write(
    `Claude Relay Service needs Node.js ${REQUIRED_NODE.join('.')} or newer; this is ${process.versions.node}. Run "npm start", which fetches it.\n`,
  );
  process.exitCode = 1;
}
