/** The service cannot start as configured. The message is the whole text to print; it never holds a secret. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}
