export { keys } from './keys.js';
export type { ScriptReply, StoreScript, StoreTransaction } from './script.js';
export { STORE_CLIENT } from './store-client.js';
export type { BatchReplies, StoreBatch, StoreClient, StoreCommand } from './store-client.js';
