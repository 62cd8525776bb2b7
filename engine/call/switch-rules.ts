// The rules by which a failed attempt leads to the next gateway or ends the call: parameters, and
// the gateway's own settings over them (RTE-09 to RTE-12, SIP-13, SIP-14). The hunt asks.
import type { ShardParameterValues } from '../base/parameter-values.ts';
import { failsOver, isBusy } from '../routing/failover-codes.ts';
import type { RoutingGateway } from '../routing/snapshot.ts';

/** What the caller may have noticed of an attempt before it failed. */
export interface AttemptSigns {
  /** 180 has come. */
  readonly ringing: boolean;
  /** A provisional response with SDP has come. */
  readonly sdp: boolean;
  /** The gateway has said that it sends media (early-media.ts). */
  readonly media: boolean;
}

/** Whether a final code of the gateway is one after which others may be tried. */
export function codeGoesOn(
  { switchAllow, failoverCodes }: RoutingGateway,
  parameters: ShardParameterValues,
  code: number,
): boolean {
  if (isBusy(code)) {
    if (switchAllow.busy !== null) return switchAllow.busy;
    if (parameters.SS_GATEWAY_SWITCH_UNTIL_CONNECT) return true;
  }
  return switchAllow.errorCode && failsOver(failoverCodes, code);
}

/** Whether others may be tried when the gateway has not answered the INVITE at all. */
export function silenceGoesOn(gateway: RoutingGateway, parameters: ShardParameterValues): boolean {
  const registered = gateway.registerType === 'register-out';
  return !(registered && parameters.SS_SIP_USER_AGENT_STOP_SWITCH_AFTER_INVITE_TIMEOUT);
}

/**
 * Whether what has come of an attempt, or the number of gateways, binds the call to its gateway.
 * @param tried how many gateways were tried, this one included
 */
export function isBound(
  { switchAllow }: RoutingGateway,
  parameters: ShardParameterValues,
  signs: AttemptSigns,
  tried: number,
): boolean {
  const limit = parameters.SS_GATEWAY_SWITCH_LIMIT;
  if (limit !== null && tried > limit) return true;
  const { SS_GATEWAY_SWITCH_UNTIL_CONNECT, SS_GATEWAY_SWITCH_STOP_AFTER_RTP_START } = parameters;
  const ring = switchAllow.ring ?? SS_GATEWAY_SWITCH_UNTIL_CONNECT;
  const sdp = switchAllow.sdp ?? !parameters.SS_SIP_STOP_SWITCH_AFTER_SDP;
  const media = switchAllow.rtp ?? !SS_GATEWAY_SWITCH_STOP_AFTER_RTP_START;
  return (signs.ringing && !ring) || (signs.sdp && !sdp) || (signs.media && !media);
}
