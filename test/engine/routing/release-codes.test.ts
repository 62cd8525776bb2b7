// The customer's code: pass-through, what must not leak, and the gateway's own table.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { releaseCode } from '../../../engine/routing/release-codes.ts';

const none = new Map<number, number>();

test('codes about the callee and the number pass through', () => {
  for (const code of [403, 404, 408, 410, 480, 484, 486, 487, 488, 500, 503, 600, 603, 604, 608]) {
    assert.equal(releaseCode(code, none), code);
  }
});

test('redirects, challenges and the faults of our own leg do not leak', () => {
  const replaced = [300, 301, 302, 305, 380, 399, 401, 402, 407, 482, 483, 481, 420, 422, 491];
  for (const code of replaced) assert.notEqual(releaseCode(code, none), code);
  assert.equal(releaseCode(301, none), 410);
  assert.equal(releaseCode(302, none), 480);
  assert.equal(releaseCode(407, none), 503);
  assert.equal(releaseCode(482, none), 500);
});

test('every final code becomes a failure code that does not challenge the customer', () => {
  for (let code = 300; code < 700; code++) {
    const given = releaseCode(code, none);
    assert.ok(given >= 400 && given < 700, String(code));
    assert.ok(given !== 401 && given !== 407, String(code));
  }
});

test("the gateway's table goes first; 0 as key is every other code, as value unchanged", () => {
  const table = new Map([
    [404, 503],
    [486, 0],
    [407, 403],
    [0, 480],
  ]);
  const codes = [404, 486, 407, 500, 302].map((code) => releaseCode(code, table));
  assert.deepEqual(codes, [503, 486, 403, 480, 480]);
  assert.equal(releaseCode(407, new Map([[407, 0]])), 503, 'unchanged means as without the table');
  assert.equal(releaseCode(404, new Map([[486, 600]])), 404);
});
