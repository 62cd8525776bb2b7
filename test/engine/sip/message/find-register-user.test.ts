// The user of a REGISTER without parsing it: agrees with the full parser.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  findRegisterUser,
  foundRegisterUser,
} from '../../../../engine/sip/message/find-register-user.ts';

function userOf(method: string, to: string): string | null {
  const text =
    `${method} sip:host SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nTag: x\r\n` +
    `${to}\r\nCall-ID: a\r\nCSeq: 1 ${method}\r\n\r\n`;
  const bytes = Buffer.from(text, 'latin1');
  if (!findRegisterUser(bytes, 0, bytes.length)) return null;
  return bytes.toString('latin1', foundRegisterUser.start, foundRegisterUser.end);
}

test('To in each form names the user', () => {
  assert.equal(userOf('REGISTER', 'To: <sip:880@host>'), '880');
  assert.equal(userOf('REGISTER', 't:sip:880@host;tag=1'), '880');
  assert.equal(userOf('REGISTER', 'TO : "A, <b>"\r\n <sip:880:pw@host;x=y>'), '880');
});

test('no user, no To, or another method: none', () => {
  assert.equal(userOf('REGISTER', 'To: <sip:host>'), null);
  assert.equal(userOf('REGISTER', 'X: <sip:880@host>'), null);
  assert.equal(userOf('INVITE', 'To: <sip:880@host>'), null);
});
