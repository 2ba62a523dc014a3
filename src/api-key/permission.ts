import type { ModelRestriction, Principal, ServiceName } from '@crs/extension-api';

/** An empty list of permissions allows every service. */
export function isServiceAllowed(principal: Pick<Principal, 'permissions'>, service: ServiceName): boolean {
  return principal.permissions.length === 0 || principal.permissions.includes(service);
}

/** Names are compared exactly, as v1 does: `Claude-X` is not `claude-x`. */
export function isModelAllowed(restriction: ModelRestriction | null, model: string): boolean {
  if (restriction === null) return true;
  const listed = restriction.models.includes(model);
  return restriction.mode === 'allow' ? listed : !listed;
}
