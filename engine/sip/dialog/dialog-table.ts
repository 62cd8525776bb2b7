// The dialogs of one shard, found by our own tag: shard (2 hex digits) and handle (14).
import { C } from '../../base/counter-names.ts';
import type { CounterRow } from '../../base/counter-names.ts';
import { HANDLE_LENGTH, HandleTable } from '../../base/handle-table.ts';
import { flat } from '../../base/latin1.ts';
import type { Random } from '../../base/random.ts';
import type { SipMessage } from '../message/message.ts';
import type { NameAddr } from '../message/name-addr.ts';
import { namesShard, shardHex } from '../transaction/branch.ts';
import type { Dialog } from './dialog.ts';

const TAG_LENGTH = 2 + HANDLE_LENGTH;
/** What the tags of all shards look like. */
const OUR_TAG = /^[0-9a-f]+$/;

export class DialogTable<Owner> {
  readonly #table: HandleTable<Dialog<Owner>>;
  readonly #shard: string;
  readonly #counters: CounterRow;

  constructor(shard: number, random: Random, counters: CounterRow) {
    this.#table = new HandleTable<Dialog<Owner>>(random);
    this.#shard = shardHex(shard);
    this.#counters = counters;
  }

  get size(): number {
    return this.#table.size;
  }

  /** Takes the dialog in and gives it its local tag; false when the table is full. */
  add(dialog: Dialog<Owner>): boolean {
    const handle = this.#table.add(dialog);
    if (handle === undefined) {
      this.#counters.add(C.dialogsRefused, 1);
      return false;
    }
    dialog.localTag = flat(this.#shard + handle);
    return true;
  }

  /** The owners of all dialogs, each once. */
  owners(): Set<Owner> {
    const owners = new Set<Owner>();
    for (const dialog of this.#table) owners.add(dialog.owner);
    return owners;
  }

  remove(dialog: Dialog<Owner>): void {
    this.#table.remove(dialog);
  }

  /** The dialog that a request of the peer belongs to: Call-ID, our tag in To, its tag in From. */
  find(request: SipMessage): Dialog<Owner> | undefined {
    let dialog: Dialog<Owner> | null = this.leg(request) ?? null;
    for (; dialog !== null; dialog = dialog.sibling) {
      if (tagEquals(request, request.from, dialog.remoteTag)) return dialog;
    }
    return undefined;
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
    if (address.tagEnd - address.tagStart !== TAG_LENGTH) return undefined;
    if (!namesShard(message.buf, address.tagStart, this.#shard)) {
      if (OUR_TAG.test(message.slice(address.tagStart, address.tagEnd))) {
        this.#counters.add(C.wrongShard, 1);
      }
      return undefined;
    }
    return this.#table.find(message.buf, address.tagStart + 2);
  }
}

/** Whether the tag of an address in a message is `tag`; an absent tag is the empty one. */
export function tagEquals(message: SipMessage, address: NameAddr, tag: string): boolean {
  if (address.tagStart < 0) return tag === '';
  return textEquals(message.buf, address.tagStart, address.tagEnd, tag);
}

function callIdEquals(message: SipMessage, callId: string): boolean {
  return textEquals(message.buf, message.callIdStart, message.callIdEnd, callId);
}

function textEquals(buf: Buffer, start: number, end: number, text: string): boolean {
  if (end - start !== text.length) return false;
  for (let i = 0; i < text.length; i++) {
    if (buf[start + i] !== text.charCodeAt(i)) return false;
  }
  return true;
}
