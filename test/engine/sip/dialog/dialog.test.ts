// What requests within a dialog carry: route sets of loose and strict routers, target refresh, CSeq
// (RFC 3261 12.1, 12.2).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Endpoint } from '../../../../engine/base/endpoint.ts';
import { Dialog, recordRoutes } from '../../../../engine/sip/dialog/dialog.ts';
import { SipMessage } from '../../../../engine/sip/message/message.ts';

const PEER: Endpoint = { family: 4, ip: '192.0.2.10', port: 5070 };

function messageWith(...headers: string[]): SipMessage {
  const text =
    'INVITE sip:4477@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bKx\r\n' +
    `From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\n` +
    `${headers.map((line) => `${line}\r\n`).join('')}Content-Length: 0\r\n\r\n`;
  const message = new SipMessage();
  message.parse(Buffer.from(text, 'latin1'), 0, text.length);
  return message;
}

function dialogWith(...headers: string[]): Dialog<null> {
  const dialog = new Dialog(null, 'caller', 'x', 0, PEER);
  const message = messageWith(...headers);
  dialog.learnTarget(message, recordRoutes(message));
  return dialog;
}

function routeOf(dialog: Dialog<null>): { uri: string; route: string } {
  const { uri, route } = dialog.requestWith(1);
  return { uri, route };
}

test('without a route set requests go to the Contact', () => {
  assert.deepEqual(routeOf(dialogWith('Contact: "A" <sip:a@10.0.0.1:5071;ob>;expires=5')), {
    uri: 'sip:a@10.0.0.1:5071;ob',
    route: '',
  });
});

test('loose routers: the Contact stays in the Request-URI', () => {
  const dialog = dialogWith(
    'Contact: <sip:a@10.0.0.1>',
    'Record-Route: <sip:p1.example.com;lr>,  "P, 2" <sip:p2.example.com;x=1,2;lr=on>;y="a,b"',
    'Record-Route: <sip:p3.example.com;LR>',
  );
  assert.deepEqual(routeOf(dialog), {
    uri: 'sip:a@10.0.0.1',
    route:
      'Route: <sip:p1.example.com;lr>\r\n' +
      'Route: "P, 2" <sip:p2.example.com;x=1,2;lr=on>;y="a,b"\r\n' +
      'Route: <sip:p3.example.com;LR>\r\n',
  });
});

test('strict routers: the first route is the Request-URI, the Contact the last route', () => {
  const dialog = dialogWith(
    'Contact: <sip:a@10.0.0.1>',
    'Record-Route: <sip:p1.example.com;method=x>, <sip:p2.example.com;lr>',
  );
  const expected = {
    uri: 'sip:p1.example.com;method=x',
    route: 'Route: <sip:p2.example.com;lr>\r\nRoute: <sip:a@10.0.0.1>\r\n',
  };
  assert.deepEqual(routeOf(dialog), expected);
  // A message without Contact changes nothing, one with a Contact only the target.
  dialog.learnTarget(messageWith(), null);
  assert.deepEqual(routeOf(dialog), expected);
  dialog.learnTarget(messageWith('Contact: <sip:b@10.0.0.2>'), null);
  assert.deepEqual(routeOf(dialog), {
    uri: 'sip:p1.example.com;method=x',
    route: 'Route: <sip:p2.example.com;lr>\r\nRoute: <sip:b@10.0.0.2>\r\n',
  });
});

test('a target refresh keeps the route set of loose routers', () => {
  const dialog = dialogWith('Contact: <sip:a@10.0.0.1>', 'Record-Route: <sip:p1;lr>');
  dialog.learnTarget(
    messageWith('Contact: <sip:b@10.0.0.2>', 'Record-Route: <sip:other;lr>'),
    null,
  );
  assert.deepEqual(routeOf(dialog), { uri: 'sip:b@10.0.0.2', route: 'Route: <sip:p1;lr>\r\n' });
});

test('a malformed Contact or * leaves the target as it is', () => {
  const dialog = dialogWith('Contact: <sip:a@10.0.0.1>');
  for (const contact of ['Contact: *', 'Contact: <sip:b', 'm: sip:b@c?x=y']) {
    dialog.learnTarget(messageWith(contact), null);
    assert.equal(routeOf(dialog).uri, 'sip:a@10.0.0.1', contact);
  }
});

test('before any Contact the target is what the INVITE went to', () => {
  const dialog = new Dialog(null, 'callee', 'x', 0, PEER);
  dialog.setInitialTarget('sip:4477@192.0.2.10:5070');
  assert.equal(routeOf(dialog).uri, 'sip:4477@192.0.2.10:5070');
  dialog.learnTarget(messageWith(), []);
  assert.equal(routeOf(dialog).uri, 'sip:4477@192.0.2.10:5070');
  // Nor does a response without Contact lose it behind a strict router.
  dialog.learnTarget(messageWith(), ['<sip:p1>']);
  assert.deepEqual(routeOf(dialog), {
    uri: 'sip:p1',
    route: 'Route: <sip:4477@192.0.2.10:5070>\r\n',
  });
});

test('a fork takes target and route over and goes its own way', () => {
  const first = dialogWith('Contact: <sip:a@10.0.0.1>', 'Record-Route: <sip:p1;lr>');
  const fork = new Dialog(null, 'caller', 'x', 0, PEER);
  fork.copyTarget(first);
  fork.learnTarget(messageWith('Contact: <sip:f@10.0.0.3>'), null);
  assert.deepEqual(routeOf(fork), { uri: 'sip:f@10.0.0.3', route: 'Route: <sip:p1;lr>\r\n' });
  assert.equal(routeOf(first).uri, 'sip:a@10.0.0.1');
});

test('Record-Route values in one header, in several, folded, empty', () => {
  const routes = recordRoutes(
    messageWith(
      'Record-Route: <sip:a;lr>\r\n ,\r\n <sip:b;\r\n lr>, ,',
      'record-route: <sip:c;lr>',
    ),
  );
  assert.deepEqual(routes, ['<sip:a;lr>', '<sip:b;  lr>', '<sip:c;lr>']);
  assert.deepEqual(recordRoutes(messageWith()), []);
});

test('a hostile Record-Route costs no more than its length', () => {
  const startedMs = performance.now();
  for (const unit of ['<', '"', '"\\', '<"', ';lr']) {
    const value = unit.repeat(Math.floor(7900 / unit.length));
    const dialog = dialogWith('Contact: <sip:a@10.0.0.1>', `Record-Route: ${value}`);
    dialog.learnTarget(messageWith(), null);
  }
  assert.ok(performance.now() - startedMs < 500);
});

test('CSeq counts up with each request of ours, and an ACK names an old one', () => {
  const dialog = dialogWith('Contact: <sip:a@10.0.0.1>');
  dialog.localName = '<sip:us>';
  dialog.localTag = 'u';
  dialog.remoteAddress = '<sip:them>;tag=t';
  assert.deepEqual([dialog.nextRequest().cseq, dialog.nextRequest().cseq], [1, 2]);
  const { cseq, from, to, callId } = dialog.requestWith(1);
  assert.deepEqual([cseq, from, to, callId], [1, '<sip:us>;tag=u', '<sip:them>;tag=t', 'x']);
  assert.equal(dialog.nextRequest().cseq, 3);
});
