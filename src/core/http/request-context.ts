import type {} from 'fastify';
import type { Principal } from '@crs/extension-api';
import type { OutcomeLatch } from '../outcome/outcome-latch.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the client authentication before the body is read; null on other routes. */
    principal: Principal | null;
    /** Set by the usage interceptor on relay routes. */
    outcome: OutcomeLatch | null;
  }
  interface FastifyContextConfig {
    /** Who may call the route, for hooks that run before Nest's guards. */
    access?: 'admin' | 'client' | 'public';
    /** Largest body of this route; that of its kind when left out. */
    bodyLimitBytes?: number;
  }
}

/** The name and username of the administrator behind a request, set by the admin guard as passport's `user`. */
export interface AdminIdentity {
  readonly username: string;
}
