// The routing prefixes, compiled by main into an immutable trie over digits in shared memory, so
// that a shard mounts 100,000s of prefixes without building or copying anything.
// Node n is the 11 cells from n * 11: children 0..9 (0 = none), then where its list starts in
// `lists` (0 = no list). A list is its length, then gateway numbers by priority, then name.

/** Longest prefix that is routed by, digits (E.164 numbers have 15; routing prefixes add some). */
export const MAX_PREFIX_DIGITS = 32;

export const NODE_CELLS = 11;
/** Cell of a node that tells where its list starts. */
export const LIST_CELL = 10;

/** Both arrays over SharedArrayBuffers; nobody writes after compileRouteDeck. */
export interface RouteDeck {
  readonly nodes: Int32Array;
  readonly lists: Int32Array;
}

/** What the compiler needs to know of a gateway; its number is its index in the array given. */
export interface RoutedGateway {
  readonly name: string;
  readonly priority: number;
  /** Digits only, at most MAX_PREFIX_DIGITS; '' = every number. */
  readonly prefixes: readonly string[];
}

/** @throws RangeError on a prefix that is not digits (the provision checks refuse it before). */
export function compileRouteDeck(gateways: readonly RoutedGateway[]): RouteDeck {
  const trie = new GrowingTrie();
  const lists: number[] = [0];
  for (const [node, members] of membersByNode(trie, gateways)) {
    trie.setList(node, lists.length);
    lists.push(members.length, ...members);
  }
  return { nodes: shared(trie.cells()), lists: shared(Int32Array.from(lists)) };
}

function membersByNode(
  trie: GrowingTrie,
  gateways: readonly RoutedGateway[],
): Map<number, number[]> {
  const order = gateways
    .map((gateway, number) => ({ gateway, number }))
    .sort(
      (a, b) =>
        a.gateway.priority - b.gateway.priority || (a.gateway.name < b.gateway.name ? -1 : 1),
    );
  const byNode = new Map<number, number[]>();
  for (const { gateway, number } of order) {
    for (const prefix of new Set(gateway.prefixes)) {
      const node = trie.insert(prefix);
      const members = byNode.get(node);
      if (members === undefined) byNode.set(node, [number]);
      else members.push(number);
    }
  }
  return byNode;
}

class GrowingTrie {
  private nodes = new Int32Array(64 * NODE_CELLS);
  private used = 1;

  /** The node of a prefix, made when new. */
  insert(prefix: string): number {
    if (!/^\d*$/.test(prefix) || prefix.length > MAX_PREFIX_DIGITS) {
      throw new RangeError(`not a prefix of at most ${MAX_PREFIX_DIGITS} digits: ${prefix}`);
    }
    let node = 0;
    for (let i = 0; i < prefix.length; i++) {
      const cell = node * NODE_CELLS + prefix.charCodeAt(i) - 48;
      node = this.nodes[cell]!;
      if (node === 0) {
        node = this.add();
        this.nodes[cell] = node;
      }
    }
    return node;
  }

  setList(node: number, start: number): void {
    this.nodes[node * NODE_CELLS + LIST_CELL] = start;
  }

  cells(): Int32Array {
    return this.nodes.subarray(0, this.used * NODE_CELLS);
  }

  private add(): number {
    if ((this.used + 1) * NODE_CELLS > this.nodes.length) {
      const larger = new Int32Array(this.nodes.length * 2);
      larger.set(this.nodes);
      this.nodes = larger;
    }
    return this.used++;
  }
}

function shared(cells: Int32Array): Int32Array {
  const copy = new Int32Array(new SharedArrayBuffer(cells.byteLength));
  copy.set(cells);
  return copy;
}
