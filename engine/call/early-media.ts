// Whether a gateway sends media before the answer, as far as signalling tells: media itself does
// not pass through the switch. P-Early-Media says so outright (RFC 5009 8); without it, SDP with an
// audio stream that its sender sends on does.
import { HeaderId } from '../sip/message/header-names.ts';
import type { SipMessage } from '../sip/message/message.ts';
import { findSdp, foundSdp } from '../sip/message/multipart.ts';
import { Sdp, SdpDirection } from '../sip/message/sdp.ts';

const sdp = new Sdp();

/** @param hadSdp SDP came in this response or in one before it */
export function announcesMedia(response: SipMessage, hadSdp: boolean): boolean {
  const header = response.first(HeaderId.PEarlyMedia);
  if (header >= 0) return hadSdp && /\bsend(?:recv|only)\b/i.test(response.text(header));
  if (!findSdp(response)) return false;
  sdp.scan(response.buf, foundSdp.start, foundSdp.end);
  const sends = sdp.direction === SdpDirection.SendRecv || sdp.direction === SdpDirection.SendOnly;
  return sends && sdp.audioPort > 0;
}
