/** One line per step, on stderr: stdout belongs to what is run. */
export function say(line) {
  process.stderr.write(`> ${line}\n`);
}
