// Session descriptions: found in plain and multipart bodies, and what is read of them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SipMessage } from '../../../../engine/sip/message/message.ts';
import { findSdp, foundSdp } from '../../../../engine/sip/message/multipart.ts';
import { ParseResult } from '../../../../engine/sip/message/parse-result.ts';
import { Sdp, SdpDirection } from '../../../../engine/sip/message/sdp.ts';

const sdp = new Sdp();

function scan(...lines: string[]): void {
  const text = lines.map((line) => `${line}\r\n`).join('');
  const buf = Buffer.from(`junk${text}`, 'latin1');
  sdp.scan(buf, 4, buf.length);
}

test('codecs, address, port and direction of the first audio stream', () => {
  scan(
    'v=0',
    'o=- 1 1 IN IP4 192.0.2.1',
    's=-',
    'c=IN IP4 192.0.2.1/127',
    't=0 0',
    'a=sendonly',
    'm=video 4000 RTP/AVP 31',
    'c=IN IP4 192.0.2.7',
    'm=audio 5000/2 RTP/AVP 18 0 97',
    'c=IN IP6 2001:db8::5',
    'a=rtpmap:97 opus/48000/2',
    'a=rtpmap:18 G729A/8000',
    'a=recvonly',
    'm=audio 6000 RTP/AVP 8',
    'a=inactive',
  );
  assert.equal(sdp.address(), '2001:db8::5');
  assert.equal(sdp.addressIsIpv6, true);
  assert.equal(sdp.audioPort, 5000);
  assert.equal(sdp.mediaCount, 3);
  assert.equal(sdp.direction, SdpDirection.RecvOnly);
  assert.equal(sdp.codecCount, 3);
  assert.deepEqual(
    [0, 1, 2, 3].map((i) => sdp.codecName(i)),
    ['G729A', 'PCMU', 'opus', ''],
  );
  assert.equal(sdp.payloadType(2), 97);
  assert.equal(sdp.firstCodec(), 'G729A');
});

test('the session holds where the media is silent', () => {
  scan('v=0', 'c=IN IP4 198.51.100.4', 'a=inactive', 'm=audio 0 RTP/AVP 8 101');
  assert.equal(sdp.address(), '198.51.100.4');
  assert.equal(sdp.direction, SdpDirection.Inactive);
  assert.equal(sdp.audioPort, 0);
  assert.equal(sdp.firstCodec(), 'PCMA');
});

test('what cannot be read is left out', () => {
  scan('', 'c=', 'c=IN IP4 ', 'm=audio', 'm=audio x RTP/AVP 0', 'm=', 'a=rtpmap:', 'a=rtpmap:0');
  assert.equal(sdp.audioPort, -1);
  assert.equal(sdp.address(), '');
  assert.equal(sdp.codecCount, 0);
  assert.equal(sdp.firstCodec(), '');
});

function withBody(contentType: string, body: string): SipMessage {
  const message = new SipMessage();
  const text = [
    'INVITE sip:b@h SIP/2.0',
    'Via: SIP/2.0/UDP h;branch=z9hG4bK1',
    'From: <sip:a@h>;tag=1',
    'To: <sip:b@h>',
    'Call-ID: 1',
    'CSeq: 1 INVITE',
    contentType,
    '',
    body,
  ].join('\r\n');
  const buf = Buffer.from(text, 'latin1');
  assert.equal(message.parse(buf, 0, buf.length), ParseResult.Ok);
  return message;
}

function sdpOf(contentType: string, body: string): string | null {
  const message = withBody(contentType, body);
  return findSdp(message) ? message.slice(foundSdp.start, foundSdp.end) : null;
}

test('the body itself', () => {
  assert.equal(sdpOf('c: Application/SDP ;charset=utf-8', 'v=0\r\n'), 'v=0\r\n');
  assert.equal(sdpOf('Content-Type: application/isup', 'v=0\r\n'), null);
  assert.equal(sdpOf('Content-Type: application/sdp', ''), null);
  assert.equal(sdpOf('X: y', 'v=0\r\n'), null);
});

test('a part of a multipart body', () => {
  const body = [
    'preamble',
    '--b1',
    'Content-Type: application/isup',
    '',
    '\x01\x00--b',
    '--b1',
    'CONTENT-TYPE: application/sdp',
    'Content-Disposition: session',
    '',
    'v=0',
    's=-',
    '--b1--',
    'epilogue',
  ].join('\r\n');
  assert.equal(sdpOf('Content-Type: multipart/mixed;boundary="b1"', body), 'v=0\r\ns=-');
  assert.equal(sdpOf('Content-Type: multipart/mixed;boundary=b1', body), 'v=0\r\ns=-');
  assert.equal(sdpOf('Content-Type: multipart/mixed;boundary=b2', body), null);
  assert.equal(sdpOf('Content-Type: multipart/mixed', body), null);
  const closed = body.replace('--b1\r\nContent-Type', '--b1--\r\nContent-Type');
  assert.equal(sdpOf('Content-Type: multipart/mixed;boundary=b1', closed), null);
});
