// Gateways with every setting at its default: for calls that outlive their gateway's entry, and for
// whoever makes gateways without a provision (benches, simulation, tests).
import { compileFailoverCodes, DEFAULT_FAILOVER_CODES } from './failover-codes.ts';
import { NO_LIMIT } from './snapshot.ts';
import type { MappingGateway, RoutingGateway } from './snapshot.ts';

const PLAIN_GATEWAY = {
  name: '',
  slot: 0,
  capacity: NO_LIMIT,
  cps: NO_LIMIT,
  maxCallSeconds: 0,
  locked: false,
  credentials: null,
  replyAddress: 'socket',
  requestAddress: 'socket',
  sessionTimer: true,
  reliableProvisional: true,
  rewriteCaller: [],
  rewriteCallee: [],
} as const;

export const PLAIN_MAPPING_GATEWAY: MappingGateway = {
  ...PLAIN_GATEWAY,
  account: '',
  phone: '',
  remoteIps: [],
  releaseCodes: new Map(),
  passHeaders: [],
  authentication: 'ip',
  signalPort: 0,
  dynamic: false,
  calleeField: 'to',
  callerField: 'from',
  remoteRingSignal: 'auto',
  honourPrivacy: true,
};

export const PLAIN_ROUTING_GATEWAY: RoutingGateway = {
  ...PLAIN_GATEWAY,
  clearingAccount: '',
  peer: { family: 4, ip: '127.0.0.1', port: 5060 },
  addresses: [],
  domain: '',
  registerType: 'static',
  host: '127.0.0.1',
  port: 0,
  transport: 'udp',
  tls: { serverName: '', ca: '', verify: true, certificate: '', key: '' },
  priority: 1,
  inviteUseContact: null,
  peerNumberInformation: 'from',
  display: 'inherit',
  remotePartyId: false,
  privacy: 'inherit',
  pAssertedIdentity: 'none',
  pPreferredIdentity: 'none',
  allowPublish: false,
  probe: null,
  failoverCodes: compileFailoverCodes(DEFAULT_FAILOVER_CODES),
  switchAllow: { ring: null, sdp: null, rtp: null, busy: null, errorCode: true },
  followRedirect: false,
  timeouts: {
    inviteMs: 10_000,
    tryingMs: 20_000,
    sessionProgressMs: 20_000,
    sessionProgressSdpMs: 120_000,
    ringingMs: 120_000,
  },
};
