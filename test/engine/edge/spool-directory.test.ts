// A spool that cannot be used is named at start, with the reason.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { prepareSpoolDirectory } from '../../../engine/edge/spool-directory.ts';
import { temporaryDirectory } from '../cdr/records.ts';

test('makes the directory and leaves nothing in it', (t) => {
  const directory = join(temporaryDirectory(t), 'a', 'spool');
  prepareSpoolDirectory(directory);
  assert.deepEqual(readdirSync(directory), []);
  prepareSpoolDirectory(directory);
  assert.ok(existsSync(directory));
});

test('a path that is a file, or leads through one, is refused in words', (t) => {
  const file = join(temporaryDirectory(t), 'file');
  writeFileSync(file, 'something else');
  for (const directory of [file, join(file, 'spool')]) {
    assert.throws(
      () => {
        prepareSpoolDirectory(directory);
      },
      { code: 'TDM_SPOOL_UNWRITABLE', message: /is a file \((EEXIST|ENOTDIR)\)/ },
    );
  }
});
