// A spool that cannot be used is named at start, with the reason.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { prepareSpoolDirectory, unwritable } from '../../../engine/edge/spool-directory.ts';
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

test('read-only, forbidden, full: each has its words, and others the words of the system', () => {
  const said = (code: string): string =>
    unwritable('/data/spool', Object.assign(new Error('as the system says'), { code })).message;
  assert.match(said('EROFS'), /\/data\/spool: the file system is mounted read-only \(EROFS\)/);
  assert.match(said('EACCES'), /may not write there \(EACCES\)/);
  assert.match(said('ENOSPC'), /the disk is full \(ENOSPC\)/);
  assert.match(said('EMFILE'), /as the system says \(EMFILE\)/);
});
