import { HttpException } from '@nestjs/common';

/** An error of the public look-ups, in v1's form. */
export interface LookupError {
  /** What went wrong, in a few words that stay the same. */
  readonly error: string;
  /** What happened and what to do about it. */
  readonly message: string;
  /** Name of the key, where the error is about one that exists. */
  readonly keyName?: string;
}

/** Why a look-up gets no answer. */
export class LookupRefusal extends HttpException {
  constructor(
    status: number,
    readonly body: LookupError,
    readonly retryAfterSeconds: number | null = null,
  ) {
    super({ ...body }, status);
  }
}
