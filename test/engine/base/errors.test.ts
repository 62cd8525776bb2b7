// What an operator reads of an error: code and cause on the first line, what to do on the last.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explain, TandemError } from '../../../engine/base/errors.ts';

test('an error carries its code in front of what happened', () => {
  const cause = new Error('EADDRINUSE');
  const error = new TandemError('TDM_LISTEN_FAILED', 'udp://192.0.2.1:5060 is taken', { cause });
  assert.equal(error.message, 'TDM_LISTEN_FAILED: udp://192.0.2.1:5060 is taken');
  assert.deepEqual([error.name, error.cause], ['TandemError', cause]);
  assert.equal(error.code, 'TDM_LISTEN_FAILED');
});

test('the advice of the code stands on a line of its own behind the message', () => {
  const listen = explain(new TandemError('TDM_LISTEN_FAILED', 'one\n  two'));
  assert.match(listen, /^TDM_LISTEN_FAILED: one\n {2}two\nwhat to do: [^\n]*`listen`[^\n]*\.$/);
  const native = explain(new TandemError('TDM_NATIVE_UNAVAILABLE', 'no koffi'));
  assert.match(native, /\nwhat to do: [^\n]*`io: portable`[^\n]*\.$/);
});
