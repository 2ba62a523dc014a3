import { defineScript, type StoreTransaction } from '@crs/store';

/** The `permissions` text of each record, in order; null where there is none. */
export const readPermissions = defineScript<readonly (string | null)[]>({
  name: 'read-permissions',
  source: new URL('./read-permissions.lua', import.meta.url),
  transaction: (tx, records) => records.map((record) => permissionsOf(tx, record)),
  parse: (reply) => reply as readonly (string | null)[],
});

/** Something else under the name of a record counts as no record. */
function permissionsOf(tx: StoreTransaction, record: string): string | null {
  try {
    return tx.hget(record, 'permissions');
  } catch (error: unknown) {
    if (error instanceof Error && error.message.startsWith('WRONGTYPE')) return null;
    throw error;
  }
}
