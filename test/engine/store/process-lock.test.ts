// One holder at a time, and none after its end.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { lockFile } from '../../../engine/store/process-lock.ts';
import { storeFolder } from './stores.ts';

test('a second caller is refused until the first lets go', (t) => {
  const path = join(storeFolder(t), 'edge.lock');
  const first = lockFile(path);
  assert.notEqual(first, undefined);
  assert.equal(lockFile(path), undefined);
  assert.equal(lockFile(path), undefined);
  first!.release();
  const next = lockFile(path);
  assert.notEqual(next, undefined);
  next!.release();
});
