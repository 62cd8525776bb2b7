// One Via value: sent-by forms, parameters in any order and case, faults.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Via, ViaTransport } from '../../../../engine/sip/message/via.ts';

const via = new Via();
let buf = Buffer.alloc(0);

function parse(text: string): number {
  buf = Buffer.from(text, 'latin1');
  return via.parse(buf, 0, buf.length);
}

function text(start: number, end: number): string {
  return start < 0 ? '' : buf.toString('latin1', start, end);
}

test('sent-by and parameters', () => {
  const value =
    'sip/2.0/tls [2001:db8::1]:5061 ;Rport=6000;RECEIVED=192.0.2.9;TTL=16;Branch=z9hG4bKq';
  assert.equal(parse(value), value.length);
  assert.equal(via.transport, ViaTransport.Tls);
  assert.equal(text(via.hostStart, via.hostEnd), '2001:db8::1');
  assert.equal(via.hostIsIpv6, true);
  assert.equal(via.port, 5061);
  assert.equal(via.rport, 6000);
  assert.equal(via.ttl, 16);
  assert.equal(text(via.receivedStart, via.receivedEnd), '192.0.2.9');
  assert.equal(text(via.branchStart, via.branchEnd), 'z9hG4bKq');
});

test('stops at the comma before the next value', () => {
  const value = 'SIP/2.0/UDP a;branch=z9hG4bK1;x="1,2" , SIP/2.0/UDP b';
  assert.equal(parse(value), value.indexOf(', SIP'));
});

test('the first of two branches counts', () => {
  parse('SIP/2.0/UDP a;branch=one;branch=two');
  assert.equal(text(via.branchStart, via.branchEnd), 'one');
});

test('transports', () => {
  const all: [string, ViaTransport][] = [
    ['UDP', ViaTransport.Udp],
    ['udp', ViaTransport.Udp],
    ['TCP', ViaTransport.Tcp],
    ['SCTP', ViaTransport.Sctp],
    ['TLS-SCTP', ViaTransport.TlsSctp],
    ['WS', ViaTransport.Ws],
    ['WSS', ViaTransport.Wss],
    ['QUIC', ViaTransport.Unknown],
  ];
  for (const [name, transport] of all) {
    assert.ok(parse(`SIP/2.0/${name} h`) > 0);
    assert.equal(via.transport, transport);
  }
});

test('faults', () => {
  for (const value of [
    '',
    'SIP/2.0/UDP',
    'SIP/2.0/UDP ',
    'SIP/2.0 h',
    'SIP/2.0/UDPh',
    'SIP/2.0/UDP h:',
    'SIP/2.0/UDP h:0',
    'SIP/2.0/UDP h:65536',
    'SIP/2.0/UDP [::1',
    'SIP/2.0/UDP []',
    'SIP/2.0/UDP h;',
    'SIP/2.0/UDP h;;a=b',
    'SIP/2.0/UDP h;branch',
    'SIP/2.0/UDP h;branch=',
    'SIP/2.0/UDP h;rport=x',
    'SIP/2.0/UDP h;ttl=256',
    'SIP/2.0/UDP h;a="open',
    'SIP/2.0/UDP h junk',
  ]) {
    assert.equal(parse(value), -1, value);
  }
});
