// Where a command that looks once finds the parameters.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { changeParameters } from '../../../engine/config/change-parameters.ts';
import { parametersInForce } from '../../../engine/config/parameters-in-force.ts';
import { storePath } from '../../../engine/store/control-store.ts';
import { openStore } from '../store/stores.ts';
import { yamlFile } from './files.ts';

test('the store counts; without one the file; without both the defaults', async (t) => {
  const provision = yamlFile(t, 'parameters: { SERVER_CDR_FILE_WRITE_MAX: 20 }');
  const where = { dataDir: dirname(provision), provision };
  assert.equal((await parametersInForce(where)).SERVER_CDR_FILE_WRITE_MAX, 20);
  const store = await openStore(t, storePath(where.dataDir));
  await changeParameters(store, { user: 'ann' }, [
    { name: 'SERVER_CDR_FILE_WRITE_MAX', raw: '30' },
  ]);
  assert.equal((await parametersInForce(where)).SERVER_CDR_FILE_WRITE_MAX, 30);
  rmSync(provision);
  const nowhere = { ...where, dataDir: '/nonexistent' };
  assert.equal((await parametersInForce(nowhere)).SERVER_CDR_FILE_WRITE_MAX, 2048);
});
