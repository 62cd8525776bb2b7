// RFC 5118 section 4: IPv6 addresses wherever a message can hold them.
// Content-Length of the bodies is what they measure; the RFC's own values do not fit its bodies.
import { ParseResult } from '../../../../../engine/sip/message/parse-result.ts';
import { ANY, answers, lines } from './torture-message.ts';
import type { SwitchOutcome, TortureMessage } from './torture-message.ts';

function valid(
  section: string,
  name: string,
  head: string[],
  body: string[] = [],
  outcome: SwitchOutcome = ANY,
): TortureMessage {
  const content = lines(...body);
  const length = body.length === 0 ? 0 : content.length;
  const bytes = Buffer.concat([lines(...head, `Content-Length: ${length}`, ''), content]);
  return {
    section: `RFC 5118 ${section}`,
    name,
    bytes,
    result: ParseResult.Ok,
    error: '',
    outcome,
  };
}

function register(requestUri: string): string[] {
  return [
    `REGISTER ${requestUri} SIP/2.0`,
    'To: sip:user@example.com',
    'From: sip:user@example.com;tag=81x2',
    'Via: SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111',
    'Call-ID: SSG9559905523997077@hlau_4100',
    'Max-Forwards: 70',
    'Contact: "Caller" <sip:caller@[2001:db8::1]>',
    'CSeq: 98176 REGISTER',
  ];
}

export const rfc5118: readonly TortureMessage[] = [
  valid('4.1', 'ipv6-good', register('sip:[2001:db8::10]')),
  {
    ...valid('4.2', 'ipv6-bad', register('sip:2001:db8::10')),
    result: ParseResult.BadRequest,
    error: 'Bad Request-URI',
    outcome: answers(400),
  },
  valid('4.3', 'port-ambiguous', register('sip:[2001:db8::10:5070]')),
  valid('4.4', 'port-unambiguous', register('sip:[2001:db8::10]:5070')),
  valid(
    '4.5',
    'via-received-param-with-delim',
    [
      'BYE sip:[2001:db8::10] SIP/2.0',
      'To: sip:user@example.com;tag=bd76ya',
      'From: sip:user@example.com;tag=81x2',
      'Via: SIP/2.0/UDP [2001:db8::9:1];received=[2001:db8::9:255];branch=z9hG4bKas3-111',
      'Call-ID: SSG9559905523997077@hlau_4100',
      'Max-Forwards: 70',
      'CSeq: 321 BYE',
    ],
    [],
    answers(481),
  ),
  valid('4.5', 'via-received-param-no-delim', [
    'OPTIONS sip:[2001:db8::10] SIP/2.0',
    'To: sip:user@example.com',
    'From: sip:user@example.com;tag=81x2',
    'Via: SIP/2.0/UDP [2001:db8::9:1];received=2001:db8::9:255;branch=z9hG4bKas3',
    'Call-ID: SSG95523997077@hlau_4100',
    'Max-Forwards: 70',
    'Contact: "Caller" <sip:caller@[2001:db8::9:1]>',
    'CSeq: 921 OPTIONS',
  ]),
  valid(
    '4.6',
    'ipv6-in-sdp',
    [
      'INVITE sip:user@[2001:db8::10] SIP/2.0',
      'To: sip:user@[2001:db8::10]',
      'From: sip:user@example.com;tag=81x2',
      'Via: SIP/2.0/UDP [2001:db8::20];branch=z9hG4bKas3-111',
      'Call-ID: SSG9559905523997077@hlau_4100',
      'Contact: "Caller" <sip:caller@[2001:db8::20]>',
      'CSeq: 8612 INVITE',
      'Max-Forwards: 70',
      'Content-Type: application/sdp',
    ],
    [
      'v=0',
      'o=assistant 971731711378798081 0 IN IP6 2001:db8::20',
      "s=Live video feed for today's meeting",
      'c=IN IP6 2001:db8::20',
      't=3338481189 3370017201',
      'm=audio 6000 RTP/AVP 2',
      'a=rtpmap:2 G726-32/8000',
      'm=video 6024 RTP/AVP 107',
      'a=rtpmap:107 H263-1998/90000',
    ],
  ),
  valid(
    '4.7',
    'mult-ip-in-header',
    [
      'BYE sip:user@host.example.net SIP/2.0',
      'Via: SIP/2.0/UDP [2001:db8::9:1]:6050;branch=z9hG4bKas3-111',
      'Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKjhja8781hjuaij65144',
      'Via: SIP/2.0/TCP [2001:db8::9:255];branch=z9hG4bK451jj;received=192.0.2.200',
      'Call-ID: 997077@lau_4100',
      'Max-Forwards: 70',
      'CSeq: 89187 BYE',
      'To: sip:user@example.net;tag=9817--94',
      'From: sip:user@example.com;tag=81x2',
    ],
    [],
    answers(481),
  ),
  valid(
    '4.8',
    'mult-ip-in-sdp',
    [
      'INVITE sip:user@[2001:db8::10] SIP/2.0',
      'To: sip:user@[2001:db8::10]',
      'From: sip:user@example.com;tag=81x2',
      'Via: SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111',
      'Call-ID: SSG9559905523997077@hlau_4100',
      'Contact: "Caller" <sip:caller@[2001:db8::9:1]>',
      'Max-Forwards: 70',
      'CSeq: 8912 INVITE',
      'Content-Type: application/sdp',
    ],
    [
      'v=0',
      'o=bob 280744730 28977631 IN IP4 host.example.com',
      's=',
      't=0 0',
      'm=audio 22334 RTP/AVP 0',
      'c=IN IP4 192.0.2.1',
      'm=video 6024 RTP/AVP 107',
      'c=IN IP6 2001:db8::1',
      'a=rtpmap:107 H263-1998/90000',
    ],
  ),
  valid(
    '4.9',
    'ipv4-mapped-ipv6',
    [
      'INVITE sip:user@example.com SIP/2.0',
      'To: sip:user@example.com',
      'From: sip:user@east.example.com;tag=81x2',
      'Via: SIP/2.0/UDP [::ffff:192.0.2.10]:19823;branch=z9hG4bKbh19',
      'Via: SIP/2.0/UDP [::ffff:192.0.2.2];branch=z9hG4bKas3-111',
      'Call-ID: SSG9559905523997077@hlau_4100',
      'Contact: "T. desk phone" <sip:ted@[::ffff:192.0.2.2]>',
      'CSeq: 612 INVITE',
      'Max-Forwards: 70',
      'Content-Type: application/sdp',
    ],
    [
      'v=0',
      'o=assistant 971731711378798081 0 IN IP6 ::ffff:192.0.2.2',
      's=Call me soon, please!',
      'c=IN IP6 ::ffff:192.0.2.2',
      't=3338481189 3370017201',
      'm=audio 6000 RTP/AVP 2',
      'a=rtpmap:2 G726-32/8000',
      'm=video 6024 RTP/AVP 107',
      'a=rtpmap:107 H263-1998/90000',
    ],
  ),
  // Three colons: what the grammar of RFC 3261 produces by mistake, to be accepted all the same.
  valid('4.10', 'ipv6-bug-abnf-3-colons', [
    'OPTIONS sip:user@[2001:db8:::192.0.2.1] SIP/2.0',
    'To: sip:user@[2001:db8:::192.0.2.1]',
    'From: sip:user@example.com;tag=810x2',
    'Via: SIP/2.0/UDP lab1.east.example.com;branch=z9hG4bKas3-111',
    'Call-ID: G9559905523997077@hlau_4100',
    'CSeq: 689 OPTIONS',
    'Max-Forwards: 70',
  ]),
];
