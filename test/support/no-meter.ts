import { type MeterReading, NO_TOKENS, type UsageMeter } from '@crs/extension-api';

export const NOTHING_READ: MeterReading = {
  usage: NO_TOKENS,
  model: null,
  final: false,
  started: false,
  inputKnown: false,
  outputKnown: false,
  outputBytes: 0,
  speed: null,
  serviceTier: null,
};

/** A meter that reads nothing. */
export const noMeter = (): UsageMeter => ({
  onEvent: () => undefined,
  onBody: () => undefined,
  read: () => NOTHING_READ,
});
