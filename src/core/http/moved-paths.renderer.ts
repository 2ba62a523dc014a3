import { HttpException, Injectable, type OnModuleInit } from '@nestjs/common';
import { ErrorRenderer, ErrorRenderers, type RenderedError } from './error-renderers.js';
import { toProblem } from './problem-details.js';

const GONE = 410;

/** What stood where in v1, and where an administrator finds it now. */
const MOVED: readonly { readonly path: RegExp; readonly words: string }[] = [
  {
    path: /^\/web(\/|$)/,
    words:
      'The login of version 1 has moved: POST /api/v2/auth/admin/login with the same user name and password answers a token for the admin API.',
  },
  {
    path: /^\/admin(?:-next)?(\/|$)/,
    words:
      'The admin API of version 1 has moved to /api/v2; GET /docs describes it, and docs/migrating-from-v1.md says what became of each route.',
  },
];

const findMoved = (path: string): string | null => MOVED.find((moved) => moved.path.test(path))?.words ?? null;

/** Answers 410 on v1's paths for administrators, whatever was sent there, so that a forgotten script says why it fails. */
@Injectable()
export class MovedPathsRenderer extends ErrorRenderer implements OnModuleInit {
  constructor(private readonly renderers: ErrorRenderers) {
    super();
  }

  onModuleInit(): void {
    this.renderers.register(this);
  }

  handles(path: string): boolean {
    return findMoved(path) !== null;
  }

  render(_error: unknown, requestId: string, path: string): RenderedError {
    return toProblem(new HttpException(findMoved(path) ?? '', GONE), { path, requestId });
  }
}
