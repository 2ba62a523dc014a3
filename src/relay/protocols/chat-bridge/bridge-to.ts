import type { ProtocolName } from '@crs/extension-api';
import type { Bridge } from '../../endpoint.js';
import { messagesBridge } from './messages-bridge.js';
import { nativeBridge } from './native-bridge.js';
import { responsesBridge } from './responses-bridge.js';

/** As in `Endpoint`. */
export function bridgeTo(protocol: ProtocolName, isNative: boolean): Bridge {
  if (protocol === 'anthropic') return messagesBridge;
  return isNative ? nativeBridge : responsesBridge;
}
