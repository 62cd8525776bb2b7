// The dialogs of one shard, found by our own tag: the mark of the shard and a handle (14 digits).
import { C } from '../../base/counter-names.ts';
import type { CounterRow } from '../../base/counter-names.ts';
import { HANDLE_LENGTH, HandleTable } from '../../base/handle-table.ts';
import { latin1Equals } from '../../base/latin1.ts';
import type { Random } from '../../base/random.ts';
import { MARK, MARK_LENGTH, shardMark } from '../../base/shard-mark.ts';
import type { SipMessage } from '../message/message.ts';
import type { NameAddr } from '../message/name-addr.ts';
import type { Dialog } from './dialog.ts';

const TAG_LENGTH = MARK_LENGTH + HANDLE_LENGTH;
/** What the tags of all shards look like. */
const OUR_TAG = new RegExp(`^${MARK}[0-9a-f]+$`);

export class DialogTable<Owner> {
  readonly #table: HandleTable<Dialog<Owner>>;
  /** Dialogs restored under other tags: of another number of shards, or of an older version. */
  readonly #foreign = new Map<string, Dialog<Owner>>();
  readonly #mark: string;
  readonly #counters: CounterRow;

  constructor(shard: number, random: Random, counters: CounterRow) {
    this.#table = new HandleTable<Dialog<Owner>>(random);
    this.#mark = shardMark(shard);
    this.#counters = counters;
  }

  get size(): number {
    return this.#table.size + this.#foreign.size;
  }

  /** Takes the dialog in and gives it its local tag; false when the table is full. */
  add(dialog: Dialog<Owner>): boolean {
    const tag = this.#table.add(dialog, this.#mark);
    if (tag === undefined) {
      this.#counters.add(C.dialogsRefused, 1);
      return false;
    }
    dialog.localTag = tag;
    return true;
  }

  /** Takes in a dialog that has its local tag already: it was opened before a restart. */
  restore(dialog: Dialog<Owner>): void {
    const tag = dialog.localTag;
    const own = tag.length === TAG_LENGTH && tag.startsWith(this.#mark);
    if (own && this.#table.restore(dialog, tag.slice(MARK_LENGTH))) return;
    this.#foreign.set(tag, dialog);
  }

  /** All dialogs, those of further forks too. */
  *all(): Generator<Dialog<Owner>> {
    for (const first of [...this.#table, ...this.#foreign.values()]) {
      for (let dialog: Dialog<Owner> | null = first; dialog !== null; dialog = dialog.sibling) {
        yield dialog;
      }
    }
  }

  /** The owners of all dialogs, each once. */
  owners(): Set<Owner> {
    const owners = new Set<Owner>();
    for (const { owner } of this.all()) owners.add(owner);
    return owners;
  }

  remove(dialog: Dialog<Owner>): void {
    if (dialog.slot >= 0) this.#table.remove(dialog);
    else if (this.#foreign.get(dialog.localTag) === dialog) this.#foreign.delete(dialog.localTag);
  }

  /** The dialog that a request of the peer belongs to: Call-ID, our tag in To, its tag in From. */
  find(request: SipMessage): Dialog<Owner> | undefined {
    return forkOf(this.leg(request), request, request.from);
  }

  /** The dialog that a response of the peer belongs to: our tag in From, its tag in To. */
  findAnswered(response: SipMessage): Dialog<Owner> | undefined {
    const first = this.#byTag(response, response.from);
    if (first === undefined || !callIdEquals(response, first.callId)) return undefined;
    return forkOf(first, response, response.to);
  }

  /**
   * A dialog of the leg that a request names by our tag and its Call-ID, whatever the peer's tag:
   * it may be one that a response still on its way will open.
   */
  leg(request: SipMessage): Dialog<Owner> | undefined {
    const first = this.#byTag(request, request.to);
    return first !== undefined && callIdEquals(request, first.callId) ? first : undefined;
  }

  #byTag(message: SipMessage, address: NameAddr): Dialog<Owner> | undefined {
    const { tagStart, tagEnd } = address;
    if (tagStart < 0) return undefined;
    if (this.#foreign.size > 0) {
      const restored = this.#foreign.get(message.slice(tagStart, tagEnd));
      if (restored !== undefined) return restored;
    }
    if (tagEnd - tagStart !== TAG_LENGTH) return undefined;
    const handle = tagStart + MARK_LENGTH;
    if (latin1Equals(message.buf, tagStart, handle, this.#mark)) {
      return this.#table.find(message.buf, handle);
    }
    if (OUR_TAG.test(message.slice(tagStart, tagEnd))) this.#counters.add(C.wrongShard, 1);
    return undefined;
  }
}

/** The early dialog of a fork by the peer's tag (RFC 3261 13.2.2.4). */
function forkOf<Owner>(
  first: Dialog<Owner> | undefined,
  message: SipMessage,
  peer: NameAddr,
): Dialog<Owner> | undefined {
  for (let dialog = first ?? null; dialog !== null; dialog = dialog.sibling) {
    if (tagEquals(message, peer, dialog.remoteTag)) return dialog;
  }
  return undefined;
}

/** Whether the tag of an address in a message is `tag`; an absent tag is the empty one. */
export function tagEquals(message: SipMessage, address: NameAddr, tag: string): boolean {
  if (address.tagStart < 0) return tag === '';
  return latin1Equals(message.buf, address.tagStart, address.tagEnd, tag);
}

function callIdEquals(message: SipMessage, callId: string): boolean {
  return latin1Equals(message.buf, message.callIdStart, message.callIdEnd, callId);
}
