// Which codes go on to the next vendor: the default and an operator's list.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  compileFailoverCodes,
  DEFAULT_FAILOVER_CODES,
  FAILOVER_ENTRY,
  failsOver,
  isBusy,
} from '../../../engine/routing/failover-codes.ts';

test('by default every failure but the callee speaking goes on', () => {
  const cells = compileFailoverCodes(DEFAULT_FAILOVER_CODES);
  for (const code of [302, 401, 403, 404, 408, 480, 484, 488, 500, 503, 504, 604, 606]) {
    assert.ok(failsOver(cells, code), String(code));
  }
  for (const code of [200, 486, 487, 600, 603, 607, 608, 700]) {
    assert.ok(!failsOver(cells, code), String(code));
  }
});

test('busy is 486 and 600', () => {
  const busy = [480, 486, 487, 600, 603].filter(isBusy);
  assert.deepEqual(busy, [486, 600]);
});

test('a code counts before its class, in any order', () => {
  for (const list of [
    ['!503', '5xx', '404'],
    ['404', '5xx', '!503'],
  ]) {
    const cells = compileFailoverCodes(list);
    const on = [500, 599, 404].map((code) => failsOver(cells, code));
    const off = [503, 400, 405, 499, 600].map((code) => failsOver(cells, code));
    assert.deepEqual(
      [on, off],
      [
        [true, true, true],
        [false, false, false, false, false],
      ],
    );
  }
});

test('the last code of the range is a cell of its own', () => {
  const cells = compileFailoverCodes(['699', '300']);
  assert.deepEqual([failsOver(cells, 699), failsOver(cells, 300)], [true, true]);
  assert.equal(
    cells.reduce((sum, cell) => sum + cell, 0),
    2,
  );
});

test('entries', () => {
  for (const entry of ['503', '5xx', '!503', '!6xx']) assert.match(entry, FAILOVER_ENTRY);
  for (const entry of ['200', '2xx', '5x', '50', '5031', '503!', '']) {
    assert.doesNotMatch(entry, FAILOVER_ENTRY);
  }
});
