// One holder per spool directory, whatever name the directory goes by.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { lockSpool } from '../../ingest/spool-lock.ts';
import { temporaryDirectory } from '../engine/cdr/records.ts';

test('the second holder has to wait for the first', async (t) => {
  const directory = temporaryDirectory(t);
  const alias = join(temporaryDirectory(t), 'alias');
  symlinkSync(directory, alias);
  const first = await lockSpool(directory);
  assert.ok(first);
  // Elsewhere the operator sees to it (spool-lock.ts): everybody gets the lock.
  if (process.platform !== 'linux') {
    assert.ok(await lockSpool(directory));
    return;
  }
  assert.equal(await lockSpool(directory), undefined);
  assert.equal(await lockSpool(alias), undefined);
  first.close();
  await once(first, 'close');
  const second = await lockSpool(alias);
  assert.ok(second);
  second.close();
});
