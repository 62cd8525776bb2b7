// A control store in a folder of its own, for tests; gone when the test ends.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { ControlStore } from '../../../engine/store/control-store.ts';
import type { StoreOptions } from '../../../engine/store/control-store.ts';

export function storeFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'tandem-store-'));
  t.after(() => {
    rmSync(folder, { recursive: true });
  });
  return folder;
}

/** Opens the store of the path and closes it when the test ends. */
export async function openStore(
  t: TestContext,
  path: string = join(storeFolder(t), 'tandem.db'),
  options: StoreOptions = {},
): Promise<ControlStore> {
  const store = await ControlStore.open(path, options);
  t.after(() => store.close());
  return store;
}
