import { type CustomDecorator, SetMetadata } from '@nestjs/common';

/** Who may call a route. A route that says none of these stops the boot. */
export type RouteAccess = 'admin' | 'client' | 'public';

export const ROUTE_ACCESS = Symbol('RouteAccess');

/** Only an administrator with a valid token. */
export const AdminAccess = (): CustomDecorator<symbol> => SetMetadata(ROUTE_ACCESS, 'admin' satisfies RouteAccess);
/** Only a client with a valid key. */
export const ClientAccess = (): CustomDecorator<symbol> => SetMetadata(ROUTE_ACCESS, 'client' satisfies RouteAccess);
/** Anyone. */
export const Public = (): CustomDecorator<symbol> => SetMetadata(ROUTE_ACCESS, 'public' satisfies RouteAccess);
