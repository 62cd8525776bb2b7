// What the driver and the system throw, in an operator's words.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TandemError } from '../../../engine/base/errors.ts';
import { storeError } from '../../../engine/store/store-errors.ts';

const PATH = '/data/tandem.db';

function told(code: string, message = 'said by the system'): string {
  return storeError(PATH, Object.assign(new Error(message), { code })).message;
}

test('causes that an operator can remove are named', () => {
  assert.match(told('EACCES'), /TDM_STORE_FAILED: .*tandem\.db: this user may not write there/);
  assert.match(told('SQLITE_FULL'), /the disk is full/);
  assert.match(told('SQLITE_IOERR_WRITE'), /its disk does not answer/);
  assert.match(told('SQLITE_CORRUPT'), /the file is damaged/);
  assert.match(told('SQLITE_BUSY'), /TDM_STORE_LOCKED/);
});

test('what else the driver says is passed on; other errors stay as they are', () => {
  assert.match(told('SQLITE_NOMEM', 'out of memory'), /TDM_STORE_FAILED: .*: out of memory/);
  const ours = new TandemError('TDM_PROVISION_INVALID', 'no');
  const bug = new TypeError('undefined is no function');
  for (const error of [ours, bug]) assert.equal(storeError(PATH, error), error);
});
