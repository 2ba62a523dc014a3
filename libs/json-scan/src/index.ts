export type { ByteSpan } from './byte-span.js';
export { findPath } from './find-path.js';
export { removeMembers } from './remove-members.js';
export { replaceSpan } from './replace-span.js';
export { scanObject, type ObjectScan, type ScanFault } from './scan-object.js';
export { setPath } from './set-path.js';
export { type PathEdit, setPaths } from './set-paths.js';
