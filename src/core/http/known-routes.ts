interface KnownRoute {
  readonly method: string;
  readonly segments: readonly string[];
}

/** Remembers which routes exist, so that a wrong method on a known path can be told from an unknown path. */
export class KnownRoutes {
  private readonly routes: KnownRoute[] = [];

  /** Takes a route as Fastify registers it: `:name` matches one segment; a catch-all says nothing about a path. */
  add(method: string | readonly string[], pattern: string): void {
    if (pattern.includes('*')) return;
    for (const name of [method].flat()) this.routes.push({ method: name, segments: pattern.split('/') });
  }

  /** The methods that this path answers, sorted; empty when the path is unknown. */
  methodsOf(path: string): string[] {
    const segments = path.split('/');
    const methods = this.routes.filter((route) => matches(route.segments, segments)).map((route) => route.method);
    return [...new Set(methods)].sort();
  }
}

function matches(pattern: readonly string[], path: readonly string[]): boolean {
  if (pattern.length !== path.length) return false;
  return pattern.every((segment, index) => (segment.startsWith(':') ? path[index] !== '' : segment === path[index]));
}
