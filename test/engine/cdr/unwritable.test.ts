// What the system says about a spool that cannot be written, in words.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isUnwritable, unwritable } from '../../../engine/cdr/unwritable.ts';

test('read-only, forbidden, full: each has its words, and others the words of the system', () => {
  const said = (code: string): string =>
    unwritable('/data/spool', Object.assign(new Error('as the system says'), { code })).message;
  assert.match(said('EROFS'), /\/data\/spool: the file system is mounted read-only \(EROFS\)/);
  assert.match(said('EACCES'), /may not write there \(EACCES\)/);
  assert.match(said('ENOSPC'), /the disk is full \(ENOSPC\)/);
  assert.match(said('EMFILE'), /as the system says \(EMFILE\)/);
});

test('other errors are told apart', () => {
  assert.ok(isUnwritable(Object.assign(new Error('full'), { code: 'ENOSPC' })));
  for (const error of [
    new Error('other'),
    undefined,
    Object.assign(new Error(), { code: 'EIO' }),
  ]) {
    assert.equal(isUnwritable(error), false);
  }
});
