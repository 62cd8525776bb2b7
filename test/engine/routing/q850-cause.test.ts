// Final code → Q.850 cause, by RFC 3398 8.2.6.1.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CAUSE_NORMAL_CLEARING, q850Cause } from '../../../engine/routing/q850-cause.ts';

test('causes of the RFC', () => {
  const expected: [number, number][] = [
    [404, 1],
    [486, 17],
    [600, 17],
    [480, 18],
    [403, 21],
    [603, 21],
    [410, 22],
    [483, 25],
    [484, 28],
    [502, 38],
    [503, 41],
    [405, 63],
    [415, 79],
    [408, 102],
    [504, 102],
    [420, 127],
  ];
  for (const [code, cause] of expected) assert.equal(q850Cause(code), cause, String(code));
});

test('a cancelled or answered call ends by normal clearing, an unknown code is unspecified', () => {
  assert.equal(q850Cause(487), CAUSE_NORMAL_CLEARING);
  assert.equal(q850Cause(200), CAUSE_NORMAL_CLEARING);
  for (const code of [488, 606, 499, 699, 302]) assert.equal(q850Cause(code), 31);
});
