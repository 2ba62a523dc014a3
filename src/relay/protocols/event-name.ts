import type { StreamEvent } from '@crs/extension-api';
import { asRecord, asText, parseJson } from '@crs/platform-kit';

/** The name of an event, or its type in its data where it came without one; empty where nothing tells it. */
export function eventName({ event, data }: StreamEvent): string {
  // The members of an event stand in any order, and a long text may stand before the type.
  return event ?? asText(asRecord(parseJson(data))?.['type']) ?? '';
}
