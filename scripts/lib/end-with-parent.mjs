/**
 * Loaded into a process before its own code (`node --import`): when the launcher that started it dies without a word,
 * its channel closes, and this process shuts down as if it had been asked to, so that no orphan keeps the port.
 */
const LAST_RESORT_MS = 60_000;

if (process.channel) {
  // The channel alone must not keep a process alive that has finished.
  process.channel.unref();
  process.once('disconnect', () => {
    setTimeout(() => process.exit(1), LAST_RESORT_MS).unref();
    process.kill(process.pid, 'SIGTERM');
  });
}
