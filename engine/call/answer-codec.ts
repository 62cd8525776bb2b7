// The codec of an answered call, for its record: the first one of the answer's first audio stream.
import type { SipMessage } from '../sip/message/message.ts';
import { findSdp, foundSdp } from '../sip/message/multipart.ts';
import { Sdp } from '../sip/message/sdp.ts';

const sdp = new Sdp();

/** Its name as in rtpmap, such as `PCMA`; empty when the message describes no audio. */
export function answerCodec(message: SipMessage): string {
  if (!findSdp(message)) return '';
  sdp.scan(message.buf, foundSdp.start, foundSdp.end);
  return sdp.firstCodec();
}
