// Cost of writing one message: `node dist/bench/micro/serialiser.js` prints nanoseconds per message.
// An INVITE of a vendor leg: header values held as strings, the body copied from received bytes.
import { bench, do_not_optimize, run } from 'mitata';
import { reasonPhrase } from '../../engine/sip/message/reason-phrases.ts';
import { contentLength, nameAddr, requestLine } from '../../engine/sip/message/writer.ts';
import { serialise, statusLine, viaLine } from '../../engine/sip/message/writer.ts';

const out = Buffer.alloc(65536);
const received = Buffer.alloc(2048, 0x61);
const BODY_START = 400;
const BODY_END = 560;
let cseq = 0;

function dialogHeaders(branch: string, method: string): string {
  return (
    viaLine('UDP', '203.0.113.5:5060', branch) +
    `From: ${nameAddr('12125550100', 'sip:12125550100@203.0.113.5', '0100f00d')}\r\n` +
    `To: ${nameAddr('', 'sip:442071838750@198.51.100.7', '')}\r\n` +
    `Call-ID: 01-7e6d5c4b3a29@203.0.113.5\r\nCSeq: ${++cseq} ${method}\r\n`
  );
}

bench('INVITE, 160-byte body', () => {
  const head =
    requestLine('INVITE', 'sip:442071838750@198.51.100.7:5060') +
    dialogHeaders(`z9hG4bK-0100${cseq}`, 'INVITE') +
    'Max-Forwards: 69\r\nContact: <sip:203.0.113.5:5060>\r\nAllow: INVITE, ACK, BYE, CANCEL\r\n' +
    `Content-Type: application/sdp\r\n${contentLength(BODY_END - BODY_START)}`;
  do_not_optimize(serialise(out, 0, head, received, BODY_START, BODY_END));
});

bench('180, no body', () => {
  const head =
    statusLine(180, reasonPhrase(180)) +
    dialogHeaders(`z9hG4bK-0100${cseq}`, 'INVITE') +
    contentLength(0);
  do_not_optimize(serialise(out, 0, head, null, 0, 0));
});

await run();
