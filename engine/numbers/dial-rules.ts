// Dial rules: how a gateway's numbers are rewritten (NUM-05 to NUM-09). Call control applies those
// of a mapping gateway before routing, those of a routing gateway to what it sends there.
//   source   digits are a prefix, `?` is one digit of it; `/L9` after it: exactly nine more digits;
//            `*` alone is every number
//   target   stands in for the prefix; of `*` for the whole number, which its own `*` repeats

export interface DialRule {
  readonly source: string;
  readonly target: string;
}

/** Prefix, and how many digits follow where it says so. */
const SOURCE = /^([0-9+#?]{1,64})(?:\/L(\d{1,2}))?$/;
const ANY = '*';
const WILD = '?';
/** No digits are counted behind the prefix. */
const ANY_REST = -1;

/** What is wrong with a rule, to follow its place in a message; null when it is right. */
export function dialRuleProblem({ source, target }: DialRule): string | null {
  if (source === ANY) {
    return target.split(ANY).length <= 2 ? null : 'target may hold "*" once, for the whole number';
  }
  if (source === '') return 'source is empty; "*" stands for every number';
  if (source.includes(ANY)) return '"*" in a source stands alone and is every number';
  if (!SOURCE.test(source)) {
    return 'source must be digits such as "010", "?" for any one digit, with "/L9" for nine more';
  }
  return target.includes(ANY) ? 'target may hold "*" only where the source is "*"' : null;
}

interface Rule {
  readonly prefix: string;
  /** Digits that must follow, or ANY_REST. */
  readonly rest: number;
  readonly target: string;
}

/** Rules whose prefixes are of one length. */
interface Length {
  readonly length: number;
  /** Those without `?` by prefix, and those with one; of each the strictest first. */
  readonly plain: Map<string, Rule[]>;
  readonly wild: Rule[];
}

/** The rules of one gateway for one number, made ready; rules that are wrong are left out. */
export class DialRules {
  /** The longest first. */
  readonly #lengths: readonly Length[];
  /** Target of `*`, split at its own; null without such a rule. */
  readonly #any: readonly string[] | null;

  constructor(rules: readonly DialRule[]) {
    const lengths = new Map<number, Length>();
    let any: readonly string[] | null = null;
    for (const rule of rules) {
      if (dialRuleProblem(rule) !== null) continue;
      if (rule.source === ANY) any = rule.target.split(ANY);
      else addTo(lengths, rule);
    }
    for (const { plain, wild } of lengths.values()) {
      for (const same of plain.values()) same.sort(byStrictness);
      wild.sort(byStrictness);
    }
    this.#lengths = [...lengths.values()].sort((a, b) => b.length - a.length);
    this.#any = any;
  }

  /** The number as the longest matching rule makes it; as it is when none matches. */
  apply(number: string): string {
    for (const { length, plain, wild } of this.#lengths) {
      if (length > number.length) continue;
      const same = plain.get(number.slice(0, length));
      const rule = firstMatch(same, number) ?? firstMatch(wild, number);
      if (rule !== undefined) return rule.target + number.slice(length);
    }
    return this.#any === null ? number : this.#any.join(number);
  }
}

function addTo(lengths: Map<number, Length>, { source, target }: DialRule): void {
  const [, prefix = '', digits] = SOURCE.exec(source)!;
  const rest = digits === undefined ? ANY_REST : Number(digits);
  const { length } = prefix;
  let group = lengths.get(length);
  if (group === undefined) lengths.set(length, (group = { length, plain: new Map(), wild: [] }));
  const rule = { prefix, rest, target };
  if (prefix.includes(WILD)) group.wild.push(rule);
  else group.plain.set(prefix, [...(group.plain.get(prefix) ?? []), rule]);
}

/** Fewer `?`, then digits further in front, then a counted rest: what says more goes first. */
function byStrictness(a: Rule, b: Rule): number {
  const wilds = a.prefix.split(WILD).length - b.prefix.split(WILD).length;
  if (wilds !== 0) return wilds;
  if (a.prefix !== b.prefix) return positions(a.prefix) < positions(b.prefix) ? -1 : 1;
  return b.rest - a.rest;
}

/** A text that sorts prefixes with digits in front of those with `?` there. */
function positions(prefix: string): string {
  return prefix.replaceAll(WILD, '~');
}

function firstMatch(rules: readonly Rule[] | undefined, number: string): Rule | undefined {
  return rules?.find((rule) => matches(rule, number));
}

function matches({ prefix, rest }: Rule, number: string): boolean {
  for (let i = 0; i < prefix.length; i++) {
    const same = prefix[i] === WILD ? isDigit(number, i) : prefix[i] === number[i];
    if (!same) return false;
  }
  if (rest === ANY_REST) return true;
  if (number.length !== prefix.length + rest) return false;
  for (let i = prefix.length; i < number.length; i++) if (!isDigit(number, i)) return false;
  return true;
}

function isDigit(text: string, index: number): boolean {
  const code = text.charCodeAt(index);
  return code >= 0x30 && code <= 0x39;
}

/** Rules made ready once for each list of a snapshot: its gateways are replaced, never changed. */
const prepared = new WeakMap<readonly DialRule[], DialRules>();

/** `number` by the rules of a gateway. */
export function rewrite(number: string, rules: readonly DialRule[]): string {
  if (rules.length === 0) return number;
  let ready = prepared.get(rules);
  if (ready === undefined) prepared.set(rules, (ready = new DialRules(rules)));
  return ready.apply(number);
}
