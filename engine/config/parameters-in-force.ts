// The parameters in force, for a command that looks once: those of the edge's control store, and
// where no edge has run those of the provision file.
import { existsSync } from 'node:fs';
import type { ParameterValues } from '../base/parameter-values.ts';
import { ControlStore, storePath } from '../store/control-store.ts';
import type { Config } from './load.ts';
import { loadProvision, unprovisionedParameters } from './provision.ts';
import { readStoredProvision } from './stored-provision.ts';

/** @throws TandemError TDM_STORE_..., TDM_PROVISION_INVALID */
export async function parametersInForce(
  config: Pick<Config, 'dataDir' | 'provision'>,
): Promise<ParameterValues> {
  const path = storePath(config.dataDir);
  if (existsSync(path)) {
    const store = await ControlStore.open(path);
    try {
      return (await readStoredProvision(store.db, path)).provision.parameters;
    } finally {
      await store.close();
    }
  }
  if (!existsSync(config.provision)) return unprovisionedParameters();
  return loadProvision(config.provision).parameters;
}
