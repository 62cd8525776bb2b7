// What callers and vendors do alike within a call: answer requests of the switch, and start
// re-INVITE, UPDATE, INFO and the rest themselves.
import { Agent, type ServerRequest } from './agent.ts';
import type { Leg } from './leg.ts';
import { sdpText, type TextMessage } from './text-message.ts';

export const LEG_ACTIONS = [
  'reinvite',
  'reinvite-late-offer',
  'reinvite-cancel',
  'update',
  'update-empty',
  'info',
  'message',
  'notify',
  'options',
  'refer',
  'subscribe',
] as const;
export type LegAction = (typeof LEG_ACTIONS)[number];

export abstract class LegAgent extends Agent {
  /** By Call-ID; a forking vendor has several for one call. */
  readonly legs = new Map<string, Leg[]>();

  protected abstract onInitialInvite(server: ServerRequest): void;
  /** CANCEL of the call's first INVITE while it is unanswered. */
  protected abstract onCancel(invite: ServerRequest): void;
  protected abstract onPrack(leg: Leg, server: ServerRequest): void;
  /** Whether a request may come for a dialog that the agent never saw: the response was lost. */
  protected abstract knowsCall(callId: string): boolean;
  /** The ACK of the 2xx to the call's first INVITE. */
  protected abstract onInitialAck(leg: Leg): void;

  addLeg(leg: Leg): void {
    leg.refresh = (method) => {
      if (this.crashed) return;
      if (method === 'UPDATE') this.#update(leg, '');
      else this.#reInvite(leg, 'reinvite');
    };
    const legs = this.legs.get(leg.callId);
    if (legs === undefined) this.legs.set(leg.callId, [leg]);
    else legs.push(leg);
  }

  legOf(callId: string, localTag: string, remoteTag: string): Leg | undefined {
    return this.legs
      .get(callId)
      ?.find((leg) => leg.localTag === localTag && leg.remoteTag === remoteTag);
  }

  protected override onAck(ack: TextMessage): void {
    const leg = this.legOf(ack.callId, ack.toTag, ack.fromTag);
    const server = leg?.served.get(ack.cseq);
    if (leg === undefined || server === undefined) {
      this.world.complain(`${this.mark}: ACK ${ack.cseq} of no INVITE`);
      return;
    }
    const first = !server.acknowledged;
    server.acknowledge();
    if (first && server.request.toTag === '') this.onInitialAck(leg);
  }

  protected override onRequest(server: ServerRequest): void {
    const { request } = server;
    if (request.method === 'CANCEL') {
      const invite = this.inviteOf(request);
      server.respond(invite === undefined ? 481 : 200, `${this.mark}c`);
      if (invite === undefined) return;
      if (invite.request.cseq !== request.cseq) {
        this.world.complain(`${this.mark}: CANCEL has another CSeq than its INVITE`);
      }
      if (invite.final !== 0) return;
      if (invite.request.toTag === '') this.onCancel(invite);
      else invite.respond(487, '');
      return;
    }
    if (request.toTag === '') {
      if (request.method === 'INVITE') this.onInitialInvite(server);
      else this.world.complain(`${this.mark}: ${request.method} outside of a dialog`);
      return;
    }
    const leg = this.legOf(request.callId, request.toTag, request.fromTag);
    if (leg === undefined || (leg.ended && request.method !== 'BYE')) {
      if (leg === undefined && !this.knowsCall(request.callId)) {
        this.world.complain(`${this.mark}: ${request.method} of no dialog`);
      }
      server.respond(481, '');
      return;
    }
    // With reordering a lower CSeq may come later; a new request never has the same one again.
    if (request.cseq === leg.remoteCseq && !leg.ended) {
      this.world.complain(`${this.mark}: CSeq ${request.cseq} ${request.method} used twice`);
    }
    if (request.cseq < leg.remoteCseq) {
      server.respond(500, '');
      return;
    }
    leg.remoteCseq = request.cseq;
    this.#answerInLeg(leg, server);
  }

  #answerInLeg(leg: Leg, server: ServerRequest): void {
    const { request } = server;
    switch (request.method) {
      case 'BYE':
        leg.ended = true;
        server.respond(200, '');
        return;
      case 'INVITE':
        this.#answerReInvite(leg, server);
        return;
      case 'PRACK':
        this.onPrack(leg, server);
        return;
      case 'UPDATE':
        this.#answerUpdate(leg, server);
        return;
      case 'INFO':
      case 'MESSAGE':
      case 'NOTIFY':
      case 'OPTIONS':
        server.respond(200, '');
        return;
      default:
        this.world.complain(`${this.mark}: the switch passed ${request.method}`);
        server.respond(405, '');
    }
  }

  #answerUpdate(leg: Leg, server: ServerRequest): void {
    const { body } = server.request;
    const refusal = body === '' ? (leg.session?.refusal() ?? 0) : 0;
    if (leg.offering && body !== '') {
      server.respond(491, '');
    } else if (refusal !== 0) {
      server.respond(refusal, '', refusal === 422 ? 'Min-SE: 200\r\n' : '');
    } else {
      const lines = leg.session?.answer(server.request) ?? '';
      server.respond(200, '', leg.contactLine + lines, body === '' ? '' : sdpText(2));
    }
  }

  #answerReInvite(leg: Leg, server: ServerRequest): void {
    const { chance } = this.world;
    if (leg.offering) {
      server.respond(491, '');
      return;
    }
    leg.served.set(server.request.cseq, server);
    const answer = (): void => {
      if (server.final !== 0) return;
      if (leg.ended) server.respond(481, '');
      else if (chance.happens(0.15)) server.respond(488, '');
      else {
        const lines = leg.session?.answer(server.request) ?? '';
        server.respond(200, '', leg.contactLine + lines, sdpText(3), () => leg.bye());
      }
    };
    if (chance.happens(0.5)) {
      server.respond(100, '');
      this.later(chance.between(0, 3000), answer);
    } else {
      answer();
    }
  }

  /** Does something within the call. */
  act(leg: Leg, action: LegAction): void {
    if (leg.ended || !leg.up || this.crashed) return;
    switch (action) {
      case 'reinvite':
      case 'reinvite-late-offer':
      case 'reinvite-cancel':
        this.#reInvite(leg, action);
        return;
      case 'update':
      case 'update-empty':
        this.#update(leg, action === 'update' ? sdpText(4) : '');
        return;
      case 'refer':
        leg.send('REFER', 'Refer-To: <sip:4499@192.0.2.77>\r\n', '', (response) => {
          if (![603, 481, 500].includes(response.status)) {
            this.world.complain(`${this.mark}: REFER got ${response.status}`);
          }
        });
        return;
      case 'notify':
        leg.send('NOTIFY', 'Event: presence\r\nSubscription-State: active\r\n');
        return;
      default:
        leg.send(action.toUpperCase());
    }
  }

  #update(leg: Leg, body: string): void {
    if (leg.offering && body !== '') return;
    if (body !== '') leg.offering = true;
    const done = (): void => {
      if (body !== '') leg.offering = false;
    };
    leg.send(
      'UPDATE',
      leg.contactLine + (leg.session?.requestLines ?? ''),
      body,
      (response) => {
        if (response.status >= 200) done();
        if (response.status >= 200 && response.status < 300) leg.session?.learn(response);
      },
      done,
    );
  }

  #reInvite(leg: Leg, action: LegAction): void {
    if (leg.offering) return;
    leg.offering = true;
    const late = action === 'reinvite-late-offer';
    let wantsCancel = action === 'reinvite-cancel';
    let answered = false;
    const client = leg.send(
      'INVITE',
      leg.contactLine + (leg.session?.requestLines ?? ''),
      late ? '' : sdpText(5),
      (response) => {
        if (response.status < 200) {
          if (!wantsCancel) return;
          wantsCancel = false;
          this.cancel(client.request);
          return;
        }
        leg.offering = false;
        if (response.status < 300) {
          leg.acknowledge(response.cseq, late ? sdpText(6) : '');
          if (!answered) leg.session?.learn(response);
          answered = true;
        } else if (response.status === 481) {
          leg.ended = true;
        }
      },
      () => {
        leg.offering = false;
        leg.bye();
      },
    );
  }

  /** Sends the CANCEL of an INVITE (RFC 3261 9.1). */
  cancel(invite: TextMessage): void {
    const via = `Via: ${invite.header('via')}\r\n`;
    const route = invite.all('route').map((value) => `Route: ${value}\r\n`);
    const text =
      `CANCEL ${invite.uri} SIP/2.0\r\n${via}${route.join('')}Max-Forwards: 70\r\n` +
      `From: ${invite.header('from')}\r\nTo: ${invite.header('to')}\r\n` +
      `Call-ID: ${invite.callId}\r\nCSeq: ${invite.cseq} CANCEL\r\nContent-Length: 0\r\n\r\n`;
    this.request(text, { onResponse: () => undefined, onTimeout: () => undefined });
  }
}
