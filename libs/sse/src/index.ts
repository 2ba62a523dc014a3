export { encodeSse, type SseMessage } from './encode-sse.js';
export { SseDecoder, type SseDecoderOptions } from './sse-decoder.js';
export type { SseEvent, SseSpan } from './sse-event.js';
