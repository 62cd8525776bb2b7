// The tables of the control store as types, for Kysely. A repository has its row types in its own
// file; the table is named here, and made by a migration (migrations.ts).
import type { ChangeTable } from './changes.ts';
import type { EntryTable } from './entries.ts';
import type { RegistrationOrderTable, RegistrationTable, SuspectTable } from './registrations.ts';
import type { ProvisionFileTable } from './provision-file.ts';
import type { RevisionTable } from './revisions.ts';
import type { TraceTable } from './traces.ts';

/** Table name → columns. */
export interface Tables {
  readonly parameter: EntryTable;
  readonly account: EntryTable;
  readonly rate_group: EntryTable;
  readonly mapping_gateway: EntryTable;
  readonly routing_gateway: EntryTable;
  readonly phone: EntryTable;
  readonly change: ChangeTable;
  readonly revision: RevisionTable;
  readonly trace: TraceTable;
  readonly registration: RegistrationTable;
  readonly suspect: SuspectTable;
  readonly registration_order: RegistrationOrderTable;
  readonly provision_file: ProvisionFileTable;
}
