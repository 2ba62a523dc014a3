import { RelayError } from '@crs/extension-api';

/** A value of a client's JSON that nobody has checked, and the way to it for the words of a refusal. */
export class UntrustedField {
  constructor(
    readonly value: unknown,
    private readonly path = '',
  ) {}

  /** Left out, or null, which SDKs send for it. */
  get isMissing(): boolean {
    return this.value === undefined || this.value === null;
  }

  /** @throws RelayError when this is no object; a member that is not there is a missing field */
  member(name: string): UntrustedField {
    const members = this.members();
    return new UntrustedField(Object.hasOwn(members, name) ? members[name] : undefined, this.pathTo(name));
  }

  members(): Readonly<Record<string, unknown>> {
    const { value } = this;
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return this.refuse('an object is required');
    return value as Record<string, unknown>;
  }

  items(): readonly UntrustedField[] {
    if (!Array.isArray(this.value)) return this.refuse('a list is required');
    return this.value.map((item: unknown, i) => new UntrustedField(item, this.pathTo(String(i))));
  }

  text(): string {
    return typeof this.value === 'string' ? this.value : this.refuse('a text is required');
  }

  name(): string {
    const text = this.text();
    return text === '' ? this.refuse('it must not be empty') : text;
  }

  flag(): boolean {
    return typeof this.value === 'boolean' ? this.value : this.refuse('true or false is required');
  }

  number(least: number, most: number): number {
    const { value } = this;
    if (typeof value === 'number' && value >= least && value <= most) return value;
    return this.refuse(`a number from ${least} to ${most} is required`);
  }

  count(): number {
    const { value } = this;
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 1) return value;
    return this.refuse('a whole number from 1 on is required');
  }

  /** What `read` makes of it; null when it is missing. */
  optional<T>(read: (field: this) => T): T | null {
    return this.isMissing ? null : read(this);
  }

  /** @throws RelayError `invalid_request` that names this field */
  refuse(words: string): never {
    throw new RelayError('invalid_request', this.path === '' ? `The body: ${words}` : `${this.path}: ${words}`);
  }

  private pathTo(name: string): string {
    return this.path === '' ? name : `${this.path}.${name}`;
  }
}
