import type { RelayRequest } from '@crs/extension-api';

/** The client has called another endpoint, and a bridge has put its request into the words of this one. */
export const isTranslated = ({ askedEndpoint, endpoint }: RelayRequest): boolean => askedEndpoint !== endpoint;
