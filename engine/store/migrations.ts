// The migrations of the control store in their order. A new one goes to the end, in a file of its
// own; what is here never changes again, since files in the field have it behind them.
import type { Kysely } from 'kysely';
import { createControlData } from './migrations/001-control-data.ts';
import { createTraces } from './migrations/002-traces.ts';
import { createRegistrations } from './migrations/003-registrations.ts';
import { createProvisionFile } from './migrations/004-provision-file.ts';

/** Changes the tables from one version to the next, inside a transaction. */
export type Migration = (db: Kysely<unknown>) => Promise<void>;

/** Migration n (from 1) leads to version n. */
export const MIGRATIONS: readonly Migration[] = [
  createControlData,
  createTraces,
  createRegistrations,
  createProvisionFile,
];
