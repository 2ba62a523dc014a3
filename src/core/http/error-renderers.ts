import { Injectable } from '@nestjs/common';

/** An answer to an error, ready to be sent. */
export interface RenderedError {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** Text and bytes are sent as they are, anything else as JSON. */
  readonly body: unknown;
}

/**
 * Turns whatever went wrong on the paths of one protocol into that protocol's own error body.
 *
 * `render` gets a `RelayError`, a Nest `HttpException` (also for what the framework refused: 400 bad URL, 404, 405, 413,
 * 415) or anything else, which must be answered as an internal error without its text. It must not throw.
 */
export abstract class ErrorRenderer {
  /** Whether the path (without query string) belongs to the protocol; also asked for paths that have no route. */
  abstract handles(path: string): boolean;
  abstract render(error: unknown, requestId: string, path: string): RenderedError;
}

/** The protocols that render their own errors. */
@Injectable()
export class ErrorRenderers {
  private readonly renderers: ErrorRenderer[] = [];

  register(renderer: ErrorRenderer): void {
    this.renderers.push(renderer);
  }

  /** The renderer that owns the path, in the order of registration. */
  find(path: string): ErrorRenderer | null {
    return this.renderers.find((renderer) => renderer.handles(path)) ?? null;
  }
}
