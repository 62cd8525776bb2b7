// One dialog as one of its two user agents sees it (RFC 3261 12): the identifiers and the route
// that requests within it carry. A call through the switch has two, each the partner of the other.
import type { Endpoint } from '../../base/endpoint.ts';
import type { RequestAddress } from '../../base/gateway-words.ts';
import { CommaList } from '../message/comma-list.ts';
import { HeaderId } from '../message/header-names.ts';
import type { SipMessage } from '../message/message.ts';
import type { RequestIdentity } from '../transaction/request-identity.ts';
import { requestEndpoint } from './request-address.ts';

/** Which user agent of the call is at the other end. */
export type Side = 'caller' | 'callee';

export class Dialog<Owner> {
  /** Place in the dialog table. */
  slot = -1;
  /** The call that the dialog belongs to. */
  readonly owner: Owner;
  readonly side: Side;
  readonly callId: string;
  /** Listen address that its messages go through. */
  readonly local: number;
  /** Where its messages come from, ... */
  source: Endpoint;
  /** ... and where requests go: there, or to what the peer names. */
  peer: Endpoint;
  requestAddress: RequestAddress = 'socket';
  /** Our From or To value in requests that we send, without our tag. */
  localName = '';
  /** The peer's From or To value in requests that we send, with its tag. */
  remoteAddress = '';
  localTag = '';
  remoteTag = '';
  /** CSeq of the last request sent and received; -1 before the first. */
  localCseq = 0;
  remoteCseq = -1;
  /** CSeq of the last INVITE that we sent: what RAck refers to (RFC 3262 7.2). */
  inviteCseq = 0;
  /** Contact value that we give to the peer. */
  contact = '';
  /** The dialog of the other leg; null until a vendor's early dialog exists. */
  partner: Dialog<Owner> | null = null;
  /** BYE was sent or received: nothing but an ACK is sent any more. */
  ended = false;
  /** Further early dialogs behind the same local tag: a forking vendor's (RFC 3261 13.2.2.4). */
  sibling: Dialog<Owner> | null = null;
  /** Request-URI and Route lines of requests within the dialog (RFC 3261 12.2.1.1). */
  #requestUri = '';
  #route = '';
  #routeSet: readonly string[] = [];

  constructor(owner: Owner, side: Side, callId: string, local: number, source: Endpoint) {
    this.owner = owner;
    this.side = side;
    this.callId = callId;
    this.local = local;
    this.source = source;
    this.peer = source;
  }

  /** Its messages come from elsewhere now. */
  moveTo(source: Endpoint): void {
    this.source = source;
    this.#readdress();
  }

  /** Says where requests go from now on; that also follows each new target. */
  sendTo(mode: RequestAddress): void {
    this.requestAddress = mode;
    this.#readdress();
  }

  /** The identity of the next request that we send; counts CSeq up. */
  nextRequest(): RequestIdentity {
    this.localCseq++;
    return this.requestWith(this.localCseq);
  }

  /** The identity of a request with a CSeq number given before: the ACK of a 2xx. */
  requestWith(cseq: number): RequestIdentity {
    return {
      uri: this.#requestUri,
      route: this.#route,
      from: `${this.localName};tag=${this.localTag}`,
      to: this.remoteAddress,
      callId: this.callId,
      cseq,
      order: this.slot,
    };
  }

  /**
   * Learns the remote target, and with `routes` the route set, from a message of the peer.
   * @param routes null keeps the route set: it is fixed once the dialog exists (RFC 3261 12.2)
   * @returns whether the target is another one now
   */
  learnTarget(message: SipMessage, routes: readonly string[] | null): boolean {
    const contact = message.contact();
    const known = contact !== null && contact.uriStart >= 0;
    const before = this.#target();
    const target = known ? message.slice(contact.uriStart, contact.uriEnd) : before;
    if (routes !== null) this.#routeSet = routes;
    this.#setTarget(target);
    return target !== before;
  }

  /** The peer's Contact URI, and the Route values in the order in which requests carry them. */
  get remoteTarget(): string {
    return this.#target();
  }

  get routeSet(): readonly string[] {
    return this.#routeSet;
  }

  /** Sets both as they were before a restart. */
  restoreTarget(target: string, routes: readonly string[]): void {
    this.#routeSet = routes;
    this.#setTarget(target);
  }

  /** Takes over target and route of another dialog with the same peer. */
  copyTarget(from: Dialog<Owner>): void {
    this.#requestUri = from.#requestUri;
    this.#route = from.#route;
    this.#routeSet = from.#routeSet;
    this.requestAddress = from.requestAddress;
    this.peer = from.peer;
  }

  /** Sets the remote target before any Contact is known: the URI that the INVITE went to. */
  setInitialTarget(uri: string): void {
    this.#setTarget(uri);
  }

  /** The remote target: a strict router (no lr) has moved it to the end of the route (12.2.1.1). */
  #target(): string {
    const routes = this.#routeSet;
    if (routes.length === 0 || isLooseRouter(routes[0]!)) return this.#requestUri;
    return uriOf(this.#route.slice(this.#route.lastIndexOf('<')));
  }

  #setTarget(target: string): void {
    const routes = this.#routeSet;
    if (routes.length === 0) {
      this.#requestUri = target;
      this.#route = '';
    } else if (isLooseRouter(routes[0]!)) {
      this.#requestUri = target;
      this.#route = routes.map((route) => `Route: ${route}\r\n`).join('');
    } else {
      this.#requestUri = uriOf(routes[0]!);
      this.#route = [...routes.slice(1), `<${target}>`].map((r) => `Route: ${r}\r\n`).join('');
    }
    if (this.requestAddress !== 'socket') this.#readdress();
  }

  #readdress(): void {
    const routes = this.#routeSet;
    const named = routes.length === 0 ? this.#requestUri : uriOf(routes[0]!);
    this.peer = requestEndpoint(this.requestAddress, named, this.source);
  }
}

function isLooseRouter(route: string): boolean {
  return /;\s*lr\b/i.test(route);
}

function uriOf(route: string): string {
  return /^[^<]*<([^>]*)>/.exec(route)?.[1] ?? route.trim();
}

const NO_ROUTES: readonly string[] = [];
const list = new CommaList();

/** The Record-Route values of a message in the order in which they stand. */
export function recordRoutes(message: SipMessage): readonly string[] {
  const first = message.first(HeaderId.RecordRoute);
  if (first < 0) return NO_ROUTES;
  const values: string[] = [];
  for (let i = first; i >= 0; i = message.next(i)) {
    list.start(message.buf, message.valueStart(i), message.valueEnd(i));
    while (list.next()) {
      values.push(message.slice(list.valueStart, list.valueEnd).replace(/\r?\n/g, ' '));
    }
  }
  return values;
}
