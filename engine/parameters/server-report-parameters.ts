// The parameters of the nightly reports (server, report). Ingest reads them.
// Names and defaults are those a VOS3000 operator knows.
import { onOff } from './parameter-types.ts';
import type { BooleanParameter, Parameter } from './parameter-types.ts';

function nightly(defaultValue: boolean, report: string): BooleanParameter {
  return onOff(defaultValue, `Whether the nightly run at about 01:00 makes the ${report}.`);
}

export const SERVER_REPORT_PARAMETERS = {
  SERVER_REPORT_AGENT_INCOME: nightly(true, 'agent income report'),
  SERVER_REPORT_CLEARING_CUSTOMER_FEE: nightly(false, 'clearing (vendor settlement) report'),
  SERVER_REPORT_CUSTOMER_FEE: nightly(true, 'revenue details'),
  SERVER_REPORT_GATEWAY_FEE: nightly(true, 'gateway bills'),
  SERVER_REPORT_GATEWAY_ROUTING_LOCATION_ASR_ACD: nightly(
    true,
    'ASR and ACD analysis of routing gateways by area',
  ),
  SERVER_REPORT_PHONE_FEE: nightly(true, 'phone bill'),
} satisfies Readonly<Record<string, Parameter>>;
