export const EXIT_FAILURE = 1;

/** A failure that the reader can do something about; its message is all that is shown. */
export class LauncherError extends Error {
  constructor(message, exitCode = EXIT_FAILURE) {
    super(message);
    this.exitCode = exitCode;
  }
}
