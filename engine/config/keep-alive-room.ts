// Whether one cycle of heartbeats has room for every phone that may register (NAT-06, NAT-07): told
// when a setting or the number of phones changes, not only once devices are missed.
import type { ParameterValues } from '../base/parameter-values.ts';
import { keepAliveCoverage, shortestPeriodMs } from '../base/keep-alive-sums.ts';
import { parameterValues } from '../parameters/parse-value.ts';

/** A sentence when they would not all fit, else null. */
export function keepAliveShortage(given: Partial<ParameterValues>, phones: number): string | null {
  const values = parameterValues(given);
  if (values.SS_SIP_NAT_KEEP_ALIVE_MESSAGE === '') return null;
  const pace = {
    periodMs: values.SS_SIP_NAT_KEEP_ALIVE_PERIOD * 1000,
    intervalMs: values.SS_SIP_NAT_KEEP_ALIVE_SEND_INTERVAL,
    oneTime: values.SS_SIP_NAT_KEEP_ALIVE_SEND_ONE_TIME,
  };
  const covered = keepAliveCoverage(pace);
  if (phones <= covered) return null;
  const seconds = Math.ceil(shortestPeriodMs(phones, pace) / 1000);
  return (
    `a cycle of ${values.SS_SIP_NAT_KEEP_ALIVE_PERIOD} s reaches ${covered} devices, but ` +
    `${phones} phones may register: SS_SIP_NAT_KEEP_ALIVE_PERIOD should be at least ${seconds}, ` +
    'or SS_SIP_NAT_KEEP_ALIVE_SEND_ONE_TIME larger, if most of them are behind NAT'
  );
}
