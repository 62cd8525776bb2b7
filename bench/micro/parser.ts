// Cost of reading one message: `node dist/bench/micro/parser.js` prints nanoseconds per message.
// The INVITE is of the size that trunks send (12 headers, SDP), the others are the rest of a call.
import { bench, do_not_optimize, run } from 'mitata';
import { findCallId } from '../../engine/sip/message/find-call-id.ts';
import { SipMessage } from '../../engine/sip/message/message.ts';

const sdp = [
  'v=0',
  'o=acme 53655765 2353687637 IN IP4 192.0.2.10',
  's=-',
  'c=IN IP4 192.0.2.10',
  't=0 0',
  'm=audio 16384 RTP/AVP 0 8 18 101',
  'a=rtpmap:101 telephone-event/8000',
  '',
].join('\r\n');

const invite = [
  'INVITE sip:442071838750@203.0.113.5:5060 SIP/2.0',
  'Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK-1a2b3c4d-77;rport',
  'Max-Forwards: 70',
  'From: "12125550100" <sip:12125550100@192.0.2.10>;tag=7f3a9c01',
  'To: <sip:442071838750@203.0.113.5>',
  'Call-ID: 5f0a1b2c3d4e5f60-77@192.0.2.10',
  'CSeq: 1 INVITE',
  'Contact: <sip:12125550100@192.0.2.10:5060>',
  'Allow: INVITE, ACK, BYE, CANCEL',
  'User-Agent: acme-gw/4.2',
  'Content-Type: application/sdp',
  `Content-Length: ${sdp.length}`,
  '',
  sdp,
].join('\r\n');

const ok = [
  'SIP/2.0 200 OK',
  'Via: SIP/2.0/UDP 203.0.113.5:5060;branch=z9hG4bK-0100aa55-1f;rport=5060;received=203.0.113.5',
  'From: "12125550100" <sip:12125550100@203.0.113.5>;tag=0100f00d',
  'To: <sip:442071838750@198.51.100.7>;tag=9b8c7d',
  'Call-ID: 01-7e6d5c4b3a29@203.0.113.5',
  'CSeq: 1 INVITE',
  'Contact: <sip:442071838750@198.51.100.7:5060>',
  'Content-Type: application/sdp',
  `Content-Length: ${sdp.length}`,
  '',
  sdp,
].join('\r\n');

const bye = [
  'BYE sip:442071838750@203.0.113.5:5060 SIP/2.0',
  'Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK-1a2b3c4d-79;rport',
  'Max-Forwards: 70',
  'From: "12125550100" <sip:12125550100@192.0.2.10>;tag=7f3a9c01',
  'To: <sip:442071838750@203.0.113.5>;tag=0100beef',
  'Call-ID: 5f0a1b2c3d4e5f60-77@192.0.2.10',
  'CSeq: 2 BYE',
  'Content-Length: 0',
  '',
  '',
].join('\r\n');

const message = new SipMessage();
for (const [name, text] of Object.entries({ invite, ok, bye })) {
  const bytes = Buffer.from(text, 'latin1');
  const end = bytes.length;
  bench(`parse ${name} (${end} bytes)`, () => do_not_optimize(message.parse(bytes, 0, end)));
  bench(`findCallId ${name}`, () => do_not_optimize(findCallId(bytes, 0, end)));
}

await run();
