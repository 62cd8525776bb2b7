// The digest of the provision file that was applied last; one row.
import type { Kysely } from 'kysely';
import type { Tables } from './tables.ts';

export interface ProvisionFileTable {
  readonly id: number;
  readonly digest: string;
}

const ONLY_ROW = 1;

export async function appliedDigest(db: Kysely<Tables>): Promise<string | undefined> {
  return (await db.selectFrom('provision_file').select('digest').executeTakeFirst())?.digest;
}

export async function rememberDigest(db: Kysely<Tables>, digest: string): Promise<void> {
  await db
    .insertInto('provision_file')
    .values({ id: ONLY_ROW, digest })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ digest }))
    .execute();
}
