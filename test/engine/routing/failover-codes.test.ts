// Which codes go on to the next vendor: the default and an operator's list.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  compileFailoverCodes,
  DEFAULT_FAILOVER_CODES,
  FAILOVER_ENTRY,
  failsOver,
} from '../../../engine/routing/failover-codes.ts';

test('by default every failure but the callee speaking goes on', () => {
  const cells = compileFailoverCodes(DEFAULT_FAILOVER_CODES);
  for (const code of [302, 401, 403, 404, 408, 480, 484, 488, 500, 503, 504, 604, 606]) {
    assert.ok(failsOver(cells, code, false), String(code));
  }
  for (const code of [200, 486, 487, 600, 603, 607, 608, 700]) {
    assert.ok(!failsOver(cells, code, false), String(code));
  }
});

test('SS_GATEWAY_SWITCH_UNTIL_CONNECT goes on after busy, not after a refusal', () => {
  const cells = compileFailoverCodes(DEFAULT_FAILOVER_CODES);
  assert.ok(failsOver(cells, 486, true));
  assert.ok(failsOver(cells, 600, true));
  assert.ok(!failsOver(cells, 603, true));
  assert.ok(!failsOver(cells, 487, true));
});

test('a code counts before its class, in any order', () => {
  for (const list of [
    ['!503', '5xx', '404'],
    ['404', '5xx', '!503'],
  ]) {
    const cells = compileFailoverCodes(list);
    const on = [500, 599, 404].map((code) => failsOver(cells, code, false));
    const off = [503, 400, 405, 499, 600].map((code) => failsOver(cells, code, false));
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
  assert.deepEqual([failsOver(cells, 699, false), failsOver(cells, 300, false)], [true, true]);
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
