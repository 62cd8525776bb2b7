// Method codes: each known name, case-sensitive, nothing else.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Method, methodAt, methodName } from '../../../../engine/sip/message/methods.ts';

function find(text: string): Method {
  return methodAt(Buffer.from(`  ${text}  `, 'latin1'), 2, 2 + text.length);
}

test('every known method by its name', () => {
  const codes = Object.values(Method).filter((code) => code !== Method.Unknown);
  assert.equal(codes.length, 14);
  for (const code of codes) {
    assert.equal(find(methodName(code)), code);
    assert.equal(find(methodName(code).toLowerCase()), Method.Unknown);
    assert.equal(find(`${methodName(code)}X`), Method.Unknown);
  }
  assert.equal(methodName(Method.Subscribe), 'SUBSCRIBE');
});

test('names that share what the table looks at', () => {
  for (const name of ['', 'X', 'INVITX', 'BYX', 'OPTIXNS', 'REGISTEX', 'HAVE', 'A'.repeat(70)]) {
    assert.equal(find(name), Method.Unknown, name);
  }
});
