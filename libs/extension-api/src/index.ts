export * from './access.js';
export * from './account.js';
export * from './directory.js';
export * from './errors.js';
export * from './ids.js';
export * from './platform.js';
export * from './principal.js';
export * from './usage.js';
