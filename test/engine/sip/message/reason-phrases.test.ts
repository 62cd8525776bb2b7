// Reason phrases: of the registry, of the class, and always text that may stand in a status line.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reasonPhrase } from '../../../../engine/sip/message/reason-phrases.ts';

test('registered codes have their phrase, others that of their class', () => {
  assert.equal(reasonPhrase(180), 'Ringing');
  assert.equal(reasonPhrase(486), 'Busy Here');
  assert.equal(reasonPhrase(604), 'Does Not Exist Anywhere');
  assert.equal(reasonPhrase(499), 'Client Error');
  assert.equal(reasonPhrase(699), 'Decline');
  for (let code = 100; code < 700; code++) assert.match(reasonPhrase(code), /^[A-Z][A-Za-z/ -]+$/);
});
