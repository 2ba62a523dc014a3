export { findPath } from './find-path.js';
export { scanObject, type ByteSpan, type ObjectScan, type ScanFault } from './scan-object.js';
export { replaceSpan } from './replace-span.js';
