// The thread that reads the provision file and merges it into the control store
// (engine/config/apply-provision.ts), so that main goes on meanwhile. It ends when that is done.
import { TandemError } from '../engine/base/errors.ts';
import type { ErrorCode } from '../engine/base/errors.ts';
import { applyProvision } from '../engine/config/apply-provision.ts';
import { ControlStore } from '../engine/store/control-store.ts';

export interface ProvisionTask {
  /** Of the provision file. */
  readonly path: string;
  readonly storePath: string;
}

/** An error loses its class on the way to main. */
export interface RefusedProvision {
  readonly code: ErrorCode;
  readonly message: string;
}

/** @returns why the file was refused; null when it is applied */
export async function runProvision(task: ProvisionTask): Promise<RefusedProvision | null> {
  const store = await ControlStore.open(task.storePath);
  try {
    await applyProvision(store, task.path);
    return null;
  } catch (error) {
    if (!(error instanceof TandemError)) throw error;
    return { code: error.code, message: error.message.slice(error.code.length + 2) };
  } finally {
    await store.close();
  }
}
