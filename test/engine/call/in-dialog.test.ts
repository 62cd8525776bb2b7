// Requests within a call that the switch answers itself: OPTIONS, REFER, what is not allowed, what
// is out of order or unknown, and requests after the end.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Flow } from './flow.ts';

test('OPTIONS, REFER and methods that do not pass are answered by the switch', () => {
  const flow = new Flow();
  const { caller, callee } = flow.talk();
  caller.request('OPTIONS');
  assert.match(flow.caller.take('200 OPTIONS').header('allow'), /PRACK, UPDATE, INFO/);
  callee.request('REFER', 'Refer-To: <sip:4499@example.com>\r\n');
  flow.vendor.take('603 REFER');
  caller.request('SUBSCRIBE');
  assert.match(flow.caller.take('405 SUBSCRIBE').header('allow'), /INVITE/);
  caller.request('NEWMETHOD');
  flow.caller.take('405 NEWMETHOD');
  assert.equal(flow.records.length, 0);
  assert.equal(flow.vendor.inbox.length, 0);
});

test('a lower CSeq than one already seen is out of order: 500', () => {
  const flow = new Flow();
  const { caller } = flow.talk();
  caller.request('INFO', '', '', 9);
  flow.vendor.answer(flow.vendor.take('INFO'), 200);
  caller.request('INFO', '', '', 5);
  flow.caller.take('500 INFO');
  caller.request('BYE', '', '', 6);
  flow.caller.take('500 BYE');
  assert.equal(flow.records.length, 0);
});

test('a request with the tags of a dialog but another Call-ID or From tag: 481', () => {
  const flow = new Flow();
  const { caller } = flow.talk();
  const text = caller.request('INFO').text;
  flow.vendor.take('INFO');
  flow.caller.send(text.replace(/Call-ID: .*/, 'Call-ID: other').replace('branch=', 'branch=z9x'));
  flow.caller.take('481 INFO');
  flow.caller.send(text.replace(';tag=c', ';tag=d').replace('branch=', 'branch=z9y'));
  flow.caller.take('481 INFO');
});

test('after the end: a crossing BYE gets its 200, everything else 481', () => {
  const flow = new Flow();
  const { caller, callee } = flow.talk();
  callee.request('BYE');
  const bye = flow.caller.take('BYE');
  caller.request('INFO');
  flow.caller.take('481 INFO');
  caller.request('INVITE');
  flow.caller.take('481 INVITE');
  caller.request('BYE');
  flow.caller.take('200 BYE');
  flow.caller.answer(bye, 200);
  caller.request('BYE');
  flow.caller.take('481 BYE');
  flow.expectNothingLeft();
});
