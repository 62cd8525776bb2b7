// What a schema cannot say about provision.yaml: names used twice, references to entries that do
// not exist, source addresses claimed by two customers, parameters out of range. Notes problems
// with their lines in the file; the caller throws them.
import type { Static } from 'typebox';
import type { ParameterValues } from '../base/parameter-values.ts';
import { dialRuleProblem } from '../numbers/dial-rules.ts';
import { brokenRules } from '../parameters/cross-rules.ts';
import { parseParameter } from '../parameters/parse-value.ts';
import { PARAMETER_NAMES, parameterNamed } from '../parameters/registry.ts';
import { WITHOUT_EFFECT } from '../parameters/without-effect.ts';
import { findOverlaps } from '../routing/cidr-overlap.ts';
import { parseIp } from '../base/ip-address.ts';
import { compareWords, formatCidr, parseCidr } from '../routing/cidr.ts';
import type { Cidr } from '../routing/cidr.ts';
import { didYouMean } from './nearest-name.ts';
import type { MAPPING_GATEWAY } from './mapping-gateway-schema.ts';
import type { PROVISION_SCHEMA } from './provision-schema.ts';
import type { ROUTING_GATEWAY } from './routing-gateway-schema.ts';
import type { Partially } from './schema-check.ts';
import type { KeyPath, ProblemList } from './problem-list.ts';

/** Of each entry only what the schema has accepted. */
type ProvisionData = Partially<Static<typeof PROVISION_SCHEMA>>;

/** A list section: entries or holes. */
type Entries<K extends string> = readonly (
  Readonly<Partial<Record<K, string | undefined>>> | undefined
)[];

/** Headers that call control writes itself, and compact forms: never passed through. */
const OWN_HEADERS = new Set([
  ...['via', 'v', 'from', 'f', 'to', 't', 'call-id', 'i', 'cseq', 'contact', 'm', 'max-forwards'],
  ...['route', 'record-route', 'content-length', 'l', 'content-type', 'c', 'content-encoding', 'e'],
  ...['authorization', 'proxy-authorization', 'www-authenticate', 'proxy-authenticate'],
  ...['user-agent', 'server', 'allow', 'supported', 'k', 'require', 'proxy-require'],
  ...['session-expires', 'x', 'min-se', 'rseq', 'rack', 'privacy', 'remote-party-id'],
  ...['p-asserted-identity', 'p-preferred-identity'],
]);

/** The parameters given, parsed; unknown names and wrong values are problems. */
export function checkParameters(data: ProvisionData, file: ProblemList): Partial<ParameterValues> {
  const values: Record<string, unknown> = {};
  const writtenAs = new Map<string, string>();
  for (const [written, raw] of Object.entries(data.parameters ?? {})) {
    const name = parameterNamed(written);
    if (name === undefined) {
      const hint = didYouMean(written, PARAMETER_NAMES);
      file.problem(['parameters', written], `unknown parameter${hint}`, true);
      continue;
    }
    writtenAs.set(name, written);
    const parsed = parseParameter(name, raw);
    if ('value' in parsed) values[name] = parsed.value;
    else file.problem(['parameters', written], parsed.problem);
    const reason = WITHOUT_EFFECT[name];
    if (reason !== undefined) {
      file.warn(['parameters', written], `has no effect: ${reason}`, true);
    }
  }
  for (const { name, severity, problem } of brokenRules(values)) {
    const at = ['parameters', writtenAs.get(name) ?? name];
    if (severity === 'refusal') file.problem(at, problem);
    else file.warn(at, problem, true);
  }
  return values;
}

/** Names that must be unique, and names that must exist. */
export function checkNames(data: ProvisionData, file: ProblemList): void {
  const { accounts = [], rateGroups = [], mappingGateways = [], routingGateways = [] } = data;
  const { phones = [] } = data;
  const accountNames = unique(accounts, 'accounts', 'account', file);
  const groupNames = unique(rateGroups, 'rateGroups', 'name', file);
  unique(mappingGateways, 'mappingGateways', 'name', file);
  unique(routingGateways, 'routingGateways', 'name', file);
  unique(phones, 'phones', 'e164', file);
  refer(accounts, 'accounts', 'rateGroup', groupNames, 'rate group', file);
  refer(mappingGateways, 'mappingGateways', 'account', accountNames, 'account', file);
  refer(routingGateways, 'routingGateways', 'clearingAccount', accountNames, 'account', file);
  refer(phones, 'phones', 'account', accountNames, 'account', file);
  rateGroups.forEach((group, i) => {
    const seen = new Set<string>();
    group?.rates?.forEach((rate, j) => {
      if (rate?.prefix === undefined) return;
      const at = ['rateGroups', i, 'rates', j, 'prefix'];
      if (seen.has(rate.prefix)) file.problem(at, `"${rate.prefix}" has a rate here already`);
      seen.add(rate.prefix);
    });
  });
}

function unique<K extends string>(
  entries: Entries<K>,
  section: string,
  key: K,
  file: ProblemList,
): ReadonlySet<string> {
  const firstAt = new Map<string, number>();
  entries.forEach((entry, i) => {
    const name = entry?.[key];
    if (name === undefined) return;
    const first = firstAt.get(name);
    if (first === undefined) firstAt.set(name, i);
    else {
      const place = file.placeOf([section, first, key]);
      file.problem([section, i, key], `"${name}" is used already, in ${place}`);
    }
  });
  return new Set(firstAt.keys());
}

function refer<K extends string>(
  entries: Entries<K>,
  section: string,
  key: K,
  known: ReadonlySet<string>,
  what: string,
  file: ProblemList,
): void {
  entries.forEach((entry, i) => {
    const name = entry?.[key];
    if (name === undefined || known.has(name)) return;
    file.problem([section, i, key], `unknown ${what} "${name}"${didYouMean(name, [...known])}`);
  });
}

const ANY_PORT = -1;

interface AddressClaim {
  readonly cidr: Cidr;
  readonly owner: string;
  readonly at: KeyPath;
  readonly text: string;
}

/**
 * Address ranges written wrongly or claimed by two mapping gateways: those known by address and
 * port only compete for the same port, those known by credentials for nothing.
 */
export function checkSourceAddresses(data: ProvisionData, file: ProblemList): void {
  const claims = new Map<number, AddressClaim[]>();
  data.mappingGateways?.forEach((gateway, i) => {
    gateway?.remoteIps?.forEach((text, j) => {
      const cidr = text === undefined ? undefined : parseCidr(text);
      if (text === undefined || cidr === undefined) return;
      const at = ['mappingGateways', i, 'remoteIps', j];
      if (hasHostBits(text, cidr)) {
        const meant = formatCidr(cidr);
        file.problem(at, `is "${text}", which has bits set beyond its length; write "${meant}"`);
      }
      if (gateway.authentication === 'digest') return;
      const port = gateway.authentication === 'ip-port' ? (gateway.signalPort ?? 0) : ANY_PORT;
      const ofPort = claims.get(port) ?? [];
      claims.set(port, ofPort);
      ofPort.push({ cidr, owner: gateway.name ?? `number ${i + 1}`, at, text });
    });
  });
  for (const [outer, inner] of [...claims.values()].flatMap((some) => findOverlaps(some))) {
    file.problem(
      inner.at,
      `${inner.text} of mapping gateway "${inner.owner}" overlaps ${outer.text} of mapping ` +
        `gateway "${outer.owner}" (${file.placeOf(outer.at)}); a source must belong to one`,
    );
  }
}

function hasHostBits(text: string, cidr: Cidr): boolean {
  const written = new Int32Array(4);
  parseIp(text.split('/')[0]!, written);
  return compareWords(written, cidr.words) !== 0;
}

/** Users that prove themselves by a password: each name stands for one phone or gateway. */
function checkUsers(data: ProvisionData, file: ProblemList): void {
  const users = new Set(data.phones?.map((phone) => phone?.e164));
  const check = (section: string, i: number, username: string | undefined): void => {
    if (username === undefined) return;
    if (users.has(username)) {
      const problem = `"${username}" is the user of another gateway or a phone`;
      file.problem([section, i, 'username'], problem);
    }
    users.add(username);
  };
  data.mappingGateways?.forEach((gateway, i) => {
    const proves = gateway?.registerType === 'dynamic' || gateway?.authentication === 'digest';
    if (proves) check('mappingGateways', i, gateway.username);
  });
  data.routingGateways?.forEach((gateway, i) => {
    if (gateway?.registerType === 'dynamic') check('routingGateways', i, gateway.username);
  });
}

/** Rules inside one gateway, and users that must be unique. */
export function checkGateways(data: ProvisionData, file: ProblemList): void {
  checkUsers(data, file);
  data.mappingGateways?.forEach((gateway, i) => {
    if (gateway !== undefined) checkMappingGateway(gateway, i, file);
  });
  data.routingGateways?.forEach((gateway, i) => {
    if (gateway !== undefined) checkRoutingGateway(gateway, i, file);
  });
}

function checkMappingGateway(
  gateway: Partially<Static<typeof MAPPING_GATEWAY>>,
  i: number,
  file: ProblemList,
): void {
  const at = ['mappingGateways', i] as const;
  for (const code of Object.keys(gateway.releaseCodes ?? {})) {
    if (/^(0|[3-6]\d\d)$/.test(code)) continue;
    const problem = 'key must be a final SIP code from 300 to 699, or 0 for all others';
    file.problem([...at, 'releaseCodes', code], problem, true);
  }
  gateway.passHeaders?.forEach((name, j) => {
    if (name === undefined || !OWN_HEADERS.has(name.toLowerCase())) return;
    const problem = `"${name}" is written by the switch on each side and cannot be passed`;
    file.problem([...at, 'passHeaders', j], problem);
  });
  checkCredentials(gateway, at, file);
  const proves = gateway.registerType === 'dynamic' || gateway.authentication === 'digest';
  if (proves && gateway.password === undefined) {
    const why = gateway.registerType === 'dynamic' ? 'registerType: dynamic' : 'digest';
    file.problem(at, `username and password are missing: ${why} needs them`);
  }
  if (!proves && gateway.remoteIps?.length === 0) {
    const problem = 'is an empty list; must be a list of IP addresses and ranges';
    file.problem([...at, 'remoteIps'], problem);
  }
  checkDialRules(gateway.rewriteRulesOutCaller, [...at, 'rewriteRulesOutCaller'], file);
  checkDialRules(gateway.rewriteRulesOutCallee, [...at, 'rewriteRulesOutCallee'], file);
  if (gateway.authentication === 'ip-port' && gateway.signalPort === undefined) {
    file.problem(at, 'signalPort is missing: authentication: ip-port needs it');
  }
}

function checkRoutingGateway(
  gateway: Partially<Static<typeof ROUTING_GATEWAY>>,
  i: number,
  file: ProblemList,
): void {
  const at = ['routingGateways', i] as const;
  checkCredentials(gateway, at, file);
  checkDialRules(gateway.rewriteRulesInCaller, [...at, 'rewriteRulesInCaller'], file);
  checkDialRules(gateway.rewriteRulesInCallee, [...at, 'rewriteRulesInCallee'], file);
  const { registerType, tls } = gateway;
  if ((tls?.certificate === undefined) !== (tls?.key === undefined)) {
    const missing = tls?.key === undefined ? 'key' : 'certificate';
    file.problem([...at, 'tls'], `${missing} is missing: give certificate and key, or none`);
  }
  if (registerType !== 'static' && registerType !== undefined && gateway.password === undefined) {
    file.problem(at, `username and password are missing: registerType: ${registerType} needs them`);
  }
  if (registerType !== 'dynamic' && !('remoteIp' in gateway)) {
    file.problem(at, 'remoteIp is missing: only registerType: dynamic goes without');
  }
}

function checkDialRules(
  rules: Readonly<Record<string, string | undefined>> | undefined,
  at: KeyPath,
  file: ProblemList,
): void {
  for (const [source, target = ''] of Object.entries(rules ?? {})) {
    const problem = dialRuleProblem({ source, target });
    if (problem !== null) file.problem([...at, source], problem, true);
  }
}

function checkCredentials(
  gateway: { readonly username?: string | undefined; readonly password?: string | undefined },
  at: KeyPath,
  file: ProblemList,
): void {
  if ((gateway.username === undefined) === (gateway.password === undefined)) return;
  const missing = gateway.username === undefined ? 'username' : 'password';
  file.problem(at, `${missing} is missing: give both or none`);
}
