// What a core does with requests that open no call or belong to none: unknown sources,
// unacceptable INVITEs, merged and stray requests, OPTIONS, draining, a full recorder, and
// datagrams that are no SIP.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Endpoint } from '../../../engine/base/endpoint.ts';
import { EDGE } from '../../sim/edge.ts';
import { requestText, sdpText } from '../../sim/text-message.ts';
import { Flow, NUMBER, Peer } from './flow.ts';

const STRANGER: Endpoint = { family: 4, ip: '192.0.2.99', port: 5060 };

function outOfDialog(peer: Peer, method: string, toTag = '', maxForwards = 70): void {
  peer.send(
    requestText({
      method,
      uri: `sip:${EDGE.ip}`,
      sentBy: `${peer.endpoint.ip}:5060`,
      branch: `z9hG4bKo${method}${toTag}${maxForwards}`,
      from: `<sip:a@${peer.endpoint.ip}>;tag=a`,
      to: `<sip:${EDGE.ip}>${toTag === '' ? '' : `;tag=${toTag}`}`,
      callId: `out-${method}`,
      cseq: 7,
      maxForwards,
    }),
  );
}

test('an unknown source gets 403 or silence, as SS_REPLY_UNAUTHORIZED says', () => {
  const flow = new Flow();
  const stranger = new Peer(flow, STRANGER);
  stranger.invite();
  stranger.take('403 INVITE');
  outOfDialog(stranger, 'OPTIONS');
  stranger.take('403 OPTIONS');
  assert.equal(flow.edge.counter('requestsUnknownSource'), 2);
  assert.equal(flow.records.length, 0);

  const silent = new Flow({ parameters: { SS_REPLY_UNAUTHORIZED: false } });
  const unheard = new Peer(silent, STRANGER);
  unheard.invite();
  unheard.send('INVITE sip:x SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.99\r\nbroken\r\n\r\n');
  assert.equal(unheard.inbox.length, 0);
  silent.expectNothingLeft();
});

test('an INVITE that cannot be taken is refused without a record', () => {
  const cases: [number, Parameters<Peer['invite']>[0]][] = [
    [483, { maxForwards: 0 }],
    [420, { extra: 'Require: 100rel, x-one\r\nRequire: x-two\r\n' }],
    [416, { uri: 'http://example.com/' }],
    [400, { contact: 'Contact: <sip:broken\r\n' }],
  ];
  for (const [status, options] of cases) {
    const flow = new Flow();
    const invite = flow.caller.invite(options);
    const response = flow.caller.takeFailure(invite, status);
    if (status === 420) assert.equal(response.header('unsupported'), 'x-one, x-two');
    flow.vendor.expectNo('INVITE');
    assert.equal(flow.records.length, 0);
    flow.expectNothingLeft();
  }
});

test('an INVITE without Contact (RFC 2543): the BYE goes where the INVITE came from', () => {
  const flow = new Flow();
  flow.caller.invite({ contact: '' });
  const offered = flow.vendor.take('INVITE');
  flow.vendor.answer(offered, 200, { body: sdpText(2) });
  flow.run(32_300);
  assert.match(flow.caller.take('BYE').uri, /^sip:.*198\.51\.100\.1/);
});

test('known extensions may be required', () => {
  const flow = new Flow();
  flow.caller.invite({ extra: 'Require: 100rel\r\n' });
  assert.equal(flow.vendor.take('INVITE').header('require'), '100rel');
});

test('no number to call: 484, with a record', () => {
  const flow = new Flow();
  const invite = flow.caller.invite({ to: `<sip:${EDGE.ip}>` });
  flow.caller.takeFailure(invite, 484);
  assert.equal(flow.cdr.endCode, 484);
  flow.expectNothingLeft();
});

test('a merged INVITE gets 482, a retransmission the response again', () => {
  const flow = new Flow();
  const invite = flow.caller.invite({ callId: 'merged', branch: 'z9hG4bKfirst' });
  flow.caller.take('100 INVITE');
  flow.caller.invite({ callId: 'merged', branch: 'z9hG4bKsecond' });
  flow.caller.take('482 INVITE');
  flow.caller.send(invite.text);
  flow.caller.take('100 INVITE');
  assert.equal(flow.edge.counter('requestsMerged'), 1);
  assert.equal(flow.vendor.inbox.length, 1);
});

test('the same Call-ID with another From tag or CSeq is another call', () => {
  const flow = new Flow();
  flow.caller.invite({ callId: 'same' });
  flow.caller.invite({ callId: 'same', tag: 'other' });
  flow.caller.invite({ callId: 'same', cseq: 2 });
  assert.equal(flow.vendor.inbox.filter(({ method }) => method === 'INVITE').length, 3);
});

test('OPTIONS is answered with what the switch can do; Max-Forwards 0 with 483', () => {
  const flow = new Flow();
  outOfDialog(flow.caller, 'OPTIONS');
  const response = flow.caller.take('200 OPTIONS');
  assert.match(response.header('allow'), /INVITE, ACK, CANCEL, BYE/);
  assert.equal(response.header('accept'), 'application/sdp');
  outOfDialog(flow.caller, 'OPTIONS', '', 0);
  flow.caller.take('483 OPTIONS');
});

test('requests of no dialog: 481; unknown methods and REGISTER: 405 with Allow', () => {
  const flow = new Flow();
  for (const method of ['BYE', 'INFO', 'NOTIFY', 'PRACK', 'UPDATE', 'CANCEL']) {
    outOfDialog(flow.caller, method);
    flow.caller.take(`481 ${method}`);
  }
  outOfDialog(flow.caller, 'INVITE', 'gone');
  flow.caller.take('481 INVITE');
  outOfDialog(flow.caller, 'INFO', '0000000011223344');
  flow.caller.take('481 INFO');
  for (const method of ['REGISTER', 'SUBSCRIBE', 'NEWMETHOD']) {
    outOfDialog(flow.caller, method);
    assert.match(flow.caller.take(`405 ${method}`).header('allow'), /INVITE/);
  }
  outOfDialog(flow.caller, 'ACK', 'gone');
  assert.equal(flow.edge.counter('acksStray'), 1);
  flow.expectNothingLeft();
});

test('draining: new calls get 503 with Retry-After, running ones go on', () => {
  const flow = new Flow();
  const { caller } = flow.talk();
  flow.edge.operate((core) => {
    core.draining = true;
  });
  const refused = flow.caller.invite();
  assert.equal(flow.caller.takeFailure(refused, 503).header('retry-after'), '5');
  assert.equal(flow.edge.counter('callsRefusedDraining'), 1);
  caller.request('INFO');
  flow.vendor.answer(flow.vendor.take('INFO'), 200);
  flow.caller.take('200 INFO');
  caller.request('BYE');
  assert.equal(flow.cdr.endCode, 200);
});

test('no room for records: new calls are refused before one is lost', () => {
  const flow = new Flow();
  flow.edge.hasRoom = false;
  flow.caller.takeFailure(flow.caller.invite(), 503);
  assert.equal(flow.edge.counter('callsRefusedRecorder'), 1);
  assert.equal(flow.records.length, 0);
});

test('what cannot be parsed is answered where it can be', () => {
  const flow = new Flow();
  const head =
    `Via: SIP/2.0/UDP ${flow.caller.endpoint.ip}:5060;branch=z9hG4bKbad\r\n` +
    'From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: bad\r\n';
  flow.caller.send(`INVITE sip:${NUMBER}@x SIP/2.0\r\n${head}CSeq: x INVITE\r\n\r\n`);
  assert.equal(flow.caller.take('400 INVITE').callId, 'bad');
  flow.caller.send(`INVITE sip:${NUMBER}@x SIP/7.0\r\n${head}CSeq: 1 INVITE\r\n\r\n`);
  flow.caller.take('505 INVITE');
  flow.caller.send(`INVITE sip:${'9'.repeat(5000)}@x SIP/2.0\r\n${head}CSeq: 1 INVITE\r\n\r\n`);
  flow.caller.take('414 INVITE');
  flow.caller.send(`ACK sip:x SIP/2.0\r\n${head}CSeq: x ACK\r\n\r\n`);
  flow.caller.send('\r\n\r\n');
  flow.caller.send('nonsense');
  assert.equal(flow.caller.inbox.length, 0);
  assert.equal(flow.edge.counter('keepAlivesReceived'), 1);
});
