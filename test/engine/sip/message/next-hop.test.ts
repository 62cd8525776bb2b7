// Where messages go by what they say themselves, and aliases of connections.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Endpoint } from '../../../../engine/base/endpoint.ts';
import { aliasPort, namedHop } from '../../../../engine/sip/message/next-hop.ts';

const PEER: Endpoint = { family: 4, ip: '203.0.113.7', port: 49_152 };
const PEER6: Endpoint = { family: 6, ip: '2001:db8::7', port: 49_152 };

function request(uri: string, lines = '', via = 'SIP/2.0/TCP 192.0.2.1:5060'): Buffer {
  return Buffer.from(
    `OPTIONS ${uri} SIP/2.0\r\nVia: ${via};branch=z9hG4bK1\r\n${lines}` +
      'From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: x\r\nCSeq: 1 OPTIONS\r\n' +
      'Content-Length: 0\r\n\r\n',
  );
}

function response(via: string): Buffer {
  return Buffer.from(
    `SIP/2.0 200 OK\r\nVia: ${via};branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\n` +
      'To: <sip:c@d>;tag=2\r\nCall-ID: x\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n',
  );
}

/** As `ip:port`; the port alone for the peer's own address; null: no place. */
function hop(bytes: Buffer, peer = PEER, transport: 'tcp' | 'tls' = 'tcp'): string | null {
  const found = namedHop(bytes, peer, transport);
  if (found === null) return null;
  return found.ip === peer.ip ? String(found.port) : `${found.ip} ${found.port}`;
}

test('a request goes to its first Route, else to its Request-URI', () => {
  assert.equal(hop(request('sip:p@203.0.113.7:5070')), '5070');
  assert.equal(hop(request('sip:p@198.51.100.9:5070')), '198.51.100.9 5070');
  const route = 'Route: <sip:198.51.100.8:5080;lr>, <sip:198.51.100.9;lr>\r\n';
  assert.equal(hop(request('sip:p@203.0.113.7:5070', route)), '198.51.100.8 5080');
  assert.equal(hop(request('sip:p@[2001:db8::9]:5070'), PEER6), '2001:db8::9 5070');
});

test('without a port it is that of the transport', () => {
  assert.equal(hop(request('sip:p@203.0.113.7')), '5060');
  assert.equal(hop(request('sip:p@203.0.113.7'), PEER, 'tls'), '5061');
});

test('a name stands for the peer', () => {
  assert.equal(hop(request('sip:p@phone.example.net')), '49152');
  assert.equal(hop(request('sip:p@phone.example.net:5070')), '5070');
});

test('no place: another family, a private network seen from outside, no URI with a host', () => {
  assert.equal(hop(request('sip:p@[2001:db8::9]:5070')), null);
  assert.equal(hop(request('sip:p@203.0.113.7:5070'), PEER6), null);
  for (const ip of ['192.168.1.20', '10.0.0.1', '127.0.0.1']) {
    assert.equal(hop(request(`sip:p@${ip}:5060`)), null, ip);
  }
  assert.equal(hop(request('sip:p@[fd00::1]:5060'), PEER6), null);
  assert.equal(hop(request('tel:+44207')), null);
  const inside: Endpoint = { ...PEER, ip: '10.0.0.7' };
  assert.equal(hop(request('sip:p@10.9.9.9:5070'), inside), '10.9.9.9 5070');
});

test('a response goes to the sent-by port of its Via at the address that it came from', () => {
  assert.equal(hop(response('SIP/2.0/TCP 192.168.1.20:5070')), '5070');
  assert.equal(hop(response('SIP/2.0/TLS 192.168.1.20'), PEER, 'tls'), '5061');
});

test('what cannot be read leads nowhere', () => {
  assert.equal(hop(Buffer.from('GET / HTTP/1.1\r\n\r\n')), null);
});

test('an alias is a parameter of the first Via of a request, of that name alone', () => {
  const port = (bytes: Buffer): number => aliasPort(bytes, 0, bytes.length, 'tcp');
  assert.equal(port(request('sip:x@y', '', 'SIP/2.0/TCP a:5070;alias')), 5070);
  assert.equal(port(request('sip:x@y', '', 'SIP/2.0/TCP a;rport; alias ')), 5060);
  assert.equal(port(request('sip:x@y', '', 'SIP/2.0/TCP a:5070;aliases=1')), 0);
  assert.equal(port(request('sip:alias@y', '', 'SIP/2.0/TCP a:5070')), 0);
  assert.equal(port(response('SIP/2.0/TCP a:5070;alias')), 0);
});
