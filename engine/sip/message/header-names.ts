// Header field names: every name that the switch knows by id, with its compact form.
// The header table (header-table.ts) asks here for the id of each name that it has scanned.
// Names: RFC 3261 20, 3262, 3311, 3313-3329, 3455, 3515, 3841, 3891, 3892, 3903, 3911, 4028,
// 4244/7044, 4412-4538, 4474, 5393, 5806, 6086, 6442, 6665, 7433; compact forms: IANA SIP registry.
import * as bytes from './bytes.ts';

// Constants of this module: see bytes.ts.
const { FOLD } = bytes;

/** Ids of known header names; `Other` is every name not listed. */
export const HeaderId = {
  Other: 0,
  Accept: 1,
  AcceptContact: 2,
  AcceptEncoding: 3,
  AcceptLanguage: 4,
  AlertInfo: 5,
  Allow: 6,
  AllowEvents: 7,
  AuthenticationInfo: 8,
  Authorization: 9,
  CallId: 10,
  CallInfo: 11,
  Contact: 12,
  ContentDisposition: 13,
  ContentEncoding: 14,
  ContentId: 15,
  ContentLanguage: 16,
  ContentLength: 17,
  ContentType: 18,
  CSeq: 19,
  Date: 20,
  Diversion: 21,
  ErrorInfo: 22,
  Event: 23,
  Expires: 24,
  FlowTimer: 25,
  From: 26,
  Geolocation: 27,
  HistoryInfo: 28,
  Identity: 29,
  IdentityInfo: 30,
  InfoPackage: 31,
  InReplyTo: 32,
  Join: 33,
  MaxBreadth: 34,
  MaxForwards: 35,
  MimeVersion: 36,
  MinExpires: 37,
  MinSe: 38,
  Organization: 39,
  PAccessNetworkInfo: 40,
  PAssertedIdentity: 41,
  PAssociatedUri: 42,
  PCalledPartyId: 43,
  PChargingFunctionAddresses: 44,
  PChargingVector: 45,
  PEarlyMedia: 46,
  PPreferredIdentity: 47,
  PVisitedNetworkId: 48,
  Path: 49,
  Priority: 50,
  Privacy: 51,
  ProxyAuthenticate: 52,
  ProxyAuthorization: 53,
  ProxyRequire: 54,
  RAck: 55,
  RSeq: 56,
  Reason: 57,
  RecordRoute: 58,
  RecvInfo: 59,
  ReferSub: 60,
  ReferTo: 61,
  ReferredBy: 62,
  RejectContact: 63,
  RemotePartyId: 64,
  Replaces: 65,
  ReplyTo: 66,
  RequestDisposition: 67,
  Require: 68,
  RetryAfter: 69,
  Route: 70,
  SecurityClient: 71,
  SecurityServer: 72,
  SecurityVerify: 73,
  Server: 74,
  ServiceRoute: 75,
  SessionExpires: 76,
  SipEtag: 77,
  SipIfMatch: 78,
  Subject: 79,
  SubscriptionState: 80,
  Supported: 81,
  TargetDialog: 82,
  Timestamp: 83,
  To: 84,
  Unsupported: 85,
  UserAgent: 86,
  UserToUser: 87,
  Via: 88,
  Warning: 89,
  WwwAuthenticate: 90,
} as const;

export type HeaderId = (typeof HeaderId)[keyof typeof HeaderId];

type KnownHeader = Exclude<keyof typeof HeaderId, 'Other'>;

/** The name as it is written, then its compact form where one is registered. */
const names: Record<KnownHeader, readonly [string, string?]> = {
  Accept: ['Accept'],
  AcceptContact: ['Accept-Contact', 'a'],
  AcceptEncoding: ['Accept-Encoding'],
  AcceptLanguage: ['Accept-Language'],
  AlertInfo: ['Alert-Info'],
  Allow: ['Allow'],
  AllowEvents: ['Allow-Events', 'u'],
  AuthenticationInfo: ['Authentication-Info'],
  Authorization: ['Authorization'],
  CallId: ['Call-ID', 'i'],
  CallInfo: ['Call-Info'],
  Contact: ['Contact', 'm'],
  ContentDisposition: ['Content-Disposition'],
  ContentEncoding: ['Content-Encoding', 'e'],
  ContentId: ['Content-ID'],
  ContentLanguage: ['Content-Language'],
  ContentLength: ['Content-Length', 'l'],
  ContentType: ['Content-Type', 'c'],
  CSeq: ['CSeq'],
  Date: ['Date'],
  Diversion: ['Diversion'],
  ErrorInfo: ['Error-Info'],
  Event: ['Event', 'o'],
  Expires: ['Expires'],
  FlowTimer: ['Flow-Timer'],
  From: ['From', 'f'],
  Geolocation: ['Geolocation'],
  HistoryInfo: ['History-Info'],
  Identity: ['Identity', 'y'],
  IdentityInfo: ['Identity-Info', 'n'],
  InfoPackage: ['Info-Package'],
  InReplyTo: ['In-Reply-To'],
  Join: ['Join'],
  MaxBreadth: ['Max-Breadth'],
  MaxForwards: ['Max-Forwards'],
  MimeVersion: ['MIME-Version'],
  MinExpires: ['Min-Expires'],
  MinSe: ['Min-SE'],
  Organization: ['Organization'],
  PAccessNetworkInfo: ['P-Access-Network-Info'],
  PAssertedIdentity: ['P-Asserted-Identity'],
  PAssociatedUri: ['P-Associated-URI'],
  PCalledPartyId: ['P-Called-Party-ID'],
  PChargingFunctionAddresses: ['P-Charging-Function-Addresses'],
  PChargingVector: ['P-Charging-Vector'],
  PEarlyMedia: ['P-Early-Media'],
  PPreferredIdentity: ['P-Preferred-Identity'],
  PVisitedNetworkId: ['P-Visited-Network-ID'],
  Path: ['Path'],
  Priority: ['Priority'],
  Privacy: ['Privacy'],
  ProxyAuthenticate: ['Proxy-Authenticate'],
  ProxyAuthorization: ['Proxy-Authorization'],
  ProxyRequire: ['Proxy-Require'],
  RAck: ['RAck'],
  RSeq: ['RSeq'],
  Reason: ['Reason'],
  RecordRoute: ['Record-Route'],
  RecvInfo: ['Recv-Info'],
  ReferSub: ['Refer-Sub'],
  ReferTo: ['Refer-To', 'r'],
  ReferredBy: ['Referred-By', 'b'],
  RejectContact: ['Reject-Contact', 'j'],
  RemotePartyId: ['Remote-Party-ID'],
  Replaces: ['Replaces'],
  ReplyTo: ['Reply-To'],
  RequestDisposition: ['Request-Disposition', 'd'],
  Require: ['Require'],
  RetryAfter: ['Retry-After'],
  Route: ['Route'],
  SecurityClient: ['Security-Client'],
  SecurityServer: ['Security-Server'],
  SecurityVerify: ['Security-Verify'],
  Server: ['Server'],
  ServiceRoute: ['Service-Route'],
  SessionExpires: ['Session-Expires', 'x'],
  SipEtag: ['SIP-ETag'],
  SipIfMatch: ['SIP-If-Match'],
  Subject: ['Subject', 's'],
  SubscriptionState: ['Subscription-State'],
  Supported: ['Supported', 'k'],
  TargetDialog: ['Target-Dialog'],
  Timestamp: ['Timestamp'],
  To: ['To', 't'],
  Unsupported: ['Unsupported'],
  UserAgent: ['User-Agent'],
  UserToUser: ['User-to-User'],
  Via: ['Via', 'v'],
  Warning: ['Warning'],
  WwwAuthenticate: ['WWW-Authenticate'],
};

/** Headers that may stand once in a message, because a second one would change its meaning. */
const singles: readonly KnownHeader[] = [
  'CallId',
  'ContentDisposition',
  'ContentId',
  'ContentLength',
  'ContentType',
  'CSeq',
  'Date',
  'Event',
  'Expires',
  'FlowTimer',
  'From',
  'InfoPackage',
  'Join',
  'MaxBreadth',
  'MaxForwards',
  'MimeVersion',
  'MinExpires',
  'MinSe',
  'Organization',
  'PChargingVector',
  'Priority',
  'RAck',
  'RSeq',
  'ReferSub',
  'ReferTo',
  'ReferredBy',
  'Replaces',
  'ReplyTo',
  'RetryAfter',
  'Server',
  'SessionExpires',
  'SipEtag',
  'SipIfMatch',
  'Subject',
  'SubscriptionState',
  'TargetDialog',
  'Timestamp',
  'To',
  'UserAgent',
];

/** Number of ids, `Other` included: the size of tables indexed by HeaderId. */
export const HEADER_ID_COUNT = Object.keys(HeaderId).length;

/** 1 at each id whose header may stand once only. */
export const SINGLE_HEADER: Uint8Array = new Uint8Array(HEADER_ID_COUNT);
for (const key of singles) SINGLE_HEADER[HeaderId[key]] = 1;

// An open-addressed table at most a quarter full: one probe for nearly every name.
const SLOTS = 1024;
const SLOT_MASK = SLOTS - 1;
const slotId = new Uint8Array(SLOTS);
const slotLength = new Uint8Array(SLOTS);
const slotOffset = new Uint16Array(SLOTS);

/** The slot where a name is looked for first: from its length and three of its bytes. */
function slotOf(name: Buffer, start: number, length: number): number {
  const first = FOLD[name[start]!]!;
  const middle = FOLD[name[start + (length >> 1)]!]!;
  const last = FOLD[name[start + length - 1]!]!;
  return (first * 5 + middle * 37 + last * 211 + length * 67) & SLOT_MASK;
}

function insert(name: Buffer, offset: number, id: number): void {
  let slot = slotOf(name, 0, name.length);
  while (slotId[slot] !== 0) slot = (slot + 1) & SLOT_MASK;
  slotId[slot] = id;
  slotLength[slot] = name.length;
  slotOffset[slot] = offset;
}

function buildLowerCaseNames(): Buffer {
  const parts: Buffer[] = [];
  let offset = 0;
  for (const key of Object.keys(names) as KnownHeader[]) {
    for (const name of names[key]) {
      if (name === undefined) continue;
      const bytes = Buffer.from(name.toLowerCase(), 'latin1');
      insert(bytes, offset, HeaderId[key]);
      parts.push(bytes);
      offset += bytes.length;
    }
  }
  return Buffer.concat(parts);
}

const lowerCaseNames = buildLowerCaseNames();

/**
 * The id of the name at `start..end`, any case, long or compact; 0 (`Other`) when unknown.
 * The caller has checked that it is a token.
 */
export function findHeaderId(buf: Buffer, start: number, end: number): HeaderId {
  const length = end - start;
  for (let slot = slotOf(buf, start, length); slotId[slot] !== 0; slot = (slot + 1) & SLOT_MASK) {
    if (slotLength[slot] !== length) continue;
    const offset = slotOffset[slot]!;
    let i = 0;
    // Both are token characters: setting the case bit maps nothing else onto a letter or hyphen.
    while (i < length && (buf[start + i]! | 0x20) === lowerCaseNames[offset + i]) i++;
    if (i === length) return slotId[slot] as HeaderId;
  }
  return HeaderId.Other;
}

const canonical: readonly string[] = [
  '',
  ...(Object.keys(names) as KnownHeader[]).map((key) => names[key][0]),
];

/** The name as the switch writes it (`Call-ID`); empty for `Other`. */
export function headerName(id: HeaderId): string {
  return canonical[id]!;
}
