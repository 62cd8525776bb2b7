// PUBLISH of routing gateways (RFC 3903 6): what they can take, for as long as they say, at most
// SS_SIP_PUBLISH_EXPIRE. Only gateways with allowPublish are heard; each has one publication of
// either event package, the last one that began.
//
//   none ──initial, 200 + SIP-ETag──▶ in force ──SIP-If-Match: refresh, modify──▶ in force, new tag
//   in force ──expiry, or SIP-If-Match with Expires 0──▶ none; an unknown tag: 412
import { C } from '../base/counter-names.ts';
import type { Endpoint } from '../base/endpoint.ts';
import type { PublishedState } from '../base/gateway-states.ts';
import { hex32 } from '../base/hex.ts';
import type { RoutingGateway } from '../routing/snapshot.ts';
import { HeaderId } from '../sip/message/header-names.ts';
import { headerNumber } from '../sip/message/header-number.ts';
import type { SipMessage } from '../sip/message/message.ts';
import { NO_BODY } from '../sip/transaction/request-identity.ts';
import type { AgentContext, Locate } from './agent-context.ts';
import { EVENT_PACKAGES, type EventPackage } from './published-state.ts';

/** Shorter publications get 423: they would be renewed all the time. */
const MIN_SECONDS = 30;

/** A refusal: status and the lines that go with it. */
interface Refusal {
  readonly status: number;
  readonly reason: string;
  readonly headers: string;
}

/** What a PUBLISH asks for. */
interface Wish {
  readonly slot: number;
  readonly event: EventPackage;
  /** Tag of the publication that it is about; 0: a new one. */
  readonly match: number;
  /** 0: it ends. */
  readonly seconds: number;
  /** Null: it goes on as it was. */
  readonly state: PublishedState | null;
}

export class Publications {
  readonly #context: AgentContext;
  readonly #locate: Locate;
  #publishers: readonly RoutingGateway[] = [];

  constructor(context: AgentContext, locate: Locate) {
    this.#context = context;
    this.#locate = locate;
  }

  mount(gateways: readonly RoutingGateway[]): void {
    this.#publishers = gateways.filter(({ allowPublish }) => allowPublish);
  }

  receive(request: SipMessage, source: Endpoint, local: number): void {
    const { transactions, counters, clock, states, random } = this.#context;
    const wish = this.#wish(request, source);
    if ('status' in wish) {
      counters.add(C.publicationsRefused, 1);
      const { status, reason, headers } = wish;
      transactions.reply(request, source, local, status, reason, headers + NO_BODY);
      return;
    }
    const { slot, event, match, seconds, state } = wish;
    const nowMs = clock.wallMs();
    const tag = (random.u32() >>> 1) + 1;
    const untilMs = nowMs + seconds * 1000;
    const done =
      seconds === 0
        ? states.unpublish(slot, event.kind, match, nowMs)
        : states.publish(slot, event.kind, match, tag, state, untilMs, nowMs);
    if (!done) {
      counters.add(C.publicationsRefused, 1);
      transactions.reply(request, source, local, 412, '', NO_BODY);
      return;
    }
    counters.add(C.publicationsTaken, 1);
    const entity = seconds === 0 ? '' : `SIP-ETag: ${hex32(tag)}\r\n`;
    const rest = `${entity}Expires: ${seconds}\r\n${NO_BODY}`;
    // With a transaction: a retransmission must get the same tag, not 412.
    transactions.serve(request, source, local).respond(200, '', hex32(random.u32()), rest);
  }

  #wish(request: SipMessage, source: Endpoint): Wish | Refusal {
    const gateway = this.#publisher(source);
    if (gateway === undefined) return refuse(403);
    const event = EVENT_PACKAGES.get(eventOf(request));
    if (event === undefined) {
      return refuse(489, '', `Allow-Events: ${[...EVENT_PACKAGES.keys()].join(', ')}\r\n`);
    }
    const match = tagOf(request);
    const wanted = headerNumber(request, HeaderId.Expires);
    if (wanted === -2) return refuse(400, 'Bad Expires');
    if (wanted > 0 && wanted < MIN_SECONDS) {
      return refuse(423, '', `Min-Expires: ${MIN_SECONDS}\r\n`);
    }
    const longest = this.#context.parameters.SS_SIP_PUBLISH_EXPIRE;
    const seconds = wanted < 0 ? longest : Math.min(wanted, longest);
    const { slot } = gateway;
    if (request.bodyEnd === request.bodyStart || seconds === 0) {
      if (match === 0 && seconds > 0) return refuse(400, 'Missing Body');
      return { slot, event, match, seconds, state: null };
    }
    if (contentTypeOf(request) !== event.contentType) {
      return refuse(415, '', `Accept: ${event.contentType}\r\n`);
    }
    const state = event.read(request.slice(request.bodyStart, request.bodyEnd));
    return state === null ? refuse(400, 'Bad Body') : { slot, event, match, seconds, state };
  }

  /** By address; where several have the same, the port decides. */
  #publisher(source: Endpoint): RoutingGateway | undefined {
    const sameIp = this.#publishers.filter((each) => this.#peerOf(each)?.ip === source.ip);
    if (sameIp.length <= 1) return sameIp[0];
    return sameIp.find((each) => this.#peerOf(each)?.port === source.port);
  }

  #peerOf(gateway: RoutingGateway): Endpoint | null {
    return gateway.registerType === 'dynamic' ? this.#locate(gateway) : gateway.peer;
  }
}

function refuse(status: number, reason = '', headers = ''): Refusal {
  return { status, reason, headers };
}

/** A header's value without its parameters, lower case. */
function bareValue(request: SipMessage, id: HeaderId): string {
  const index = request.first(id);
  if (index < 0) return '';
  return request.text(index).split(';', 1)[0]!.trim().toLowerCase();
}

function eventOf(request: SipMessage): string {
  return bareValue(request, HeaderId.Event);
}

function contentTypeOf(request: SipMessage): string {
  return bareValue(request, HeaderId.ContentType);
}

/** The tag of SIP-If-Match; 0 without the header, -1 for what is none of our tags. */
function tagOf(request: SipMessage): number {
  const index = request.first(HeaderId.SipIfMatch);
  if (index < 0) return 0;
  const text = request.text(index);
  const tag = /^[0-9a-f]{8}$/.test(text) ? parseInt(text, 16) : -1;
  return tag === 0 ? -1 : tag;
}
