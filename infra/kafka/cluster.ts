// A real Apache Kafka on this machine without Docker: 1..n brokers in KRaft mode, each of them also
// a controller, on loopback. For development, measurements and tests; a production cluster is given
// by its addresses instead.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TandemError } from '../../engine/base/errors.ts';
import { freeTcpPort } from '../free-port.ts';
import { Broker, JVM_FLAGS } from './broker.ts';
import { kafkaClassPath } from './jars.ts';

export interface ClusterOptions {
  /** Folder of all data; a cluster that was there before goes on. */
  readonly dataDir: string;
  readonly brokers: number;
  /** First of the ports, three for each broker; without it free ones. */
  readonly port?: number;
  /** Adds a protected listener, on which clients need these (PLAIN or SCRAM-SHA-512). */
  readonly credentials?: Credentials;
  /** Adds it too, or makes it speak TLS. PEM files, read again at each start of a broker. */
  readonly tls?: Tls;
}

interface Credentials {
  readonly user: string;
  readonly password: string;
}

interface Tls {
  /** The broker's certificate with its chain, and its key. */
  readonly keystore: string;
  /** Clients show a certificate that one of these has signed. */
  readonly truststore: string;
}

export interface Cluster {
  readonly brokers: readonly Broker[];
  /** `host:port,host:port` for clients. */
  readonly addresses: string;
  /** The same for the protected listener; empty without one. */
  readonly protectedAddresses: string;
  stop(): Promise<void>;
}

interface Ports {
  readonly client: number;
  readonly controller: number;
  readonly protected: number;
}

const HOST = '127.0.0.1';

/** Starts all brokers. @throws TandemError TDM_KAFKA_BROKER with what is missing or went wrong. */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const classPath = kafkaClassPath();
  const ports = await choosePorts(options);
  const clusterId = clusterIdOf(options.dataDir);
  const brokers = ports.map(({ client }, i) => {
    const folder = join(options.dataDir, `broker-${i + 1}`);
    const properties = join(folder, 'server.properties');
    mkdirSync(folder, { recursive: true });
    writeFileSync(properties, serverProperties(options, ports, i, join(folder, 'log')));
    const formatted = existsSync(join(folder, 'log', 'meta.properties'));
    if (!formatted) format(classPath, clusterId, properties, options.credentials);
    return new Broker(classPath, folder, `${HOST}:${client}`);
  });
  const stop = async (): Promise<void> => {
    await Promise.all(brokers.map((broker) => broker.stop()));
  };
  try {
    await Promise.all(brokers.map((broker) => broker.start()));
  } catch (error) {
    await stop();
    throw error;
  }
  const list = (port: (p: Ports) => number): string =>
    ports.map((p) => `${HOST}:${port(p)}`).join(',');
  return {
    brokers,
    addresses: list((p) => p.client),
    protectedAddresses: protocolOf(options) === undefined ? '' : list((p) => p.protected),
    stop,
  };
}

/** Always the same for a folder: a start that was cut short is taken up where it ended. */
function clusterIdOf(dataDir: string): string {
  const bytes = createHash('sha256').update(dataDir).digest().subarray(0, 16);
  // Not beginning with "-", which would be an option of the command that takes it.
  bytes[0]! &= 0x3f;
  return bytes.toString('base64url');
}

/** What the protected listener speaks; undefined: there is none. */
function protocolOf({ credentials, tls }: ClusterOptions): string | undefined {
  if (credentials === undefined) return tls && 'SSL';
  return tls === undefined ? 'SASL_PLAINTEXT' : 'SASL_SSL';
}

function serverProperties(
  options: ClusterOptions,
  ports: readonly Ports[],
  index: number,
  logDir: string,
): string {
  const { brokers, credentials, tls } = options;
  const plain = 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT';
  const { client, controller, protected: guarded } = ports[index]!;
  const protocol = protocolOf(options);
  const voters = ports.map((p, i) => `${i + 1}@${HOST}:${p.controller}`).join(',');
  const listeners = [`PLAINTEXT://${HOST}:${client}`];
  if (protocol !== undefined) listeners.push(`PROTECTED://${HOST}:${guarded}`);
  const copies = Math.min(3, brokers);
  const lines = {
    'process.roles': 'broker,controller',
    'node.id': index + 1,
    'controller.quorum.voters': voters,
    listeners: [...listeners, `CONTROLLER://${HOST}:${controller}`].join(','),
    'advertised.listeners': listeners.join(','),
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': `${plain},PROTECTED:${protocol ?? 'SSL'}`,
    'log.dirs': logDir,
    // Topics come into being on purpose.
    'auto.create.topics.enable': 'false',
    'min.insync.replicas': Math.max(1, copies - 1),
    'offsets.topic.replication.factor': copies,
    'offsets.topic.num.partitions': 8,
    'transaction.state.log.replication.factor': copies,
    'transaction.state.log.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    'group.min.session.timeout.ms': 1000,
    'num.network.threads': 2,
    'num.io.threads': 2,
    // 128 MiB of the heap otherwise.
    'log.cleaner.dedupe.buffer.size': 4 << 20,
    ...(credentials === undefined ? {} : saslProperties(credentials)),
    ...(tls === undefined ? {} : tlsProperties(tls)),
  };
  return Object.entries(lines)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}

function saslProperties({ user, password }: Credentials): object {
  const security = 'org.apache.kafka.common.security';
  const listener = 'listener.name.protected';
  const plain = `${security}.plain.PlainLoginModule required user_${user}="${password}";`;
  return {
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-512',
    [`${listener}.plain.sasl.jaas.config`]: plain,
    [`${listener}.scram-sha-512.sasl.jaas.config`]: `${security}.scram.ScramLoginModule required;`,
  };
}

function tlsProperties({ keystore, truststore }: Tls): object {
  const listener = 'listener.name.protected';
  return {
    [`${listener}.ssl.keystore.type`]: 'PEM',
    [`${listener}.ssl.keystore.location`]: keystore,
    [`${listener}.ssl.truststore.type`]: 'PEM',
    [`${listener}.ssl.truststore.location`]: truststore,
    [`${listener}.ssl.client.auth`]: 'required',
  };
}

/** The log of a broker that is new. Passwords for SCRAM are records in it. */
function format(
  classPath: string,
  clusterId: string,
  properties: string,
  credentials: Credentials | undefined,
): void {
  const { user, password } = credentials ?? {};
  const scram = `SCRAM-SHA-512=[name=${user},password=${password}]`;
  const words = [...JVM_FLAGS, '-cp', classPath, 'kafka.tools.StorageTool', 'format'].concat(
    ['-t', clusterId, '-c', properties],
    credentials === undefined ? [] : ['--add-scram', scram],
  );
  const { status, stdout, stderr } = spawnSync('java', words, { encoding: 'utf8' });
  if (status !== 0) {
    const message = `${properties} cannot be formatted:\n${stdout}${stderr}`.trim();
    throw new TandemError('TDM_KAFKA_BROKER', message);
  }
}

async function choosePorts({ brokers, port }: ClusterOptions): Promise<Ports[]> {
  const all: number[] = [];
  while (all.length < brokers * 3) {
    all.push(port === undefined ? await freeTcpPort(HOST) : port + all.length);
  }
  return Array.from({ length: brokers }, (_, i) => {
    const [client, controller, guarded] = all.slice(i * 3, i * 3 + 3);
    return { client: client!, controller: controller!, protected: guarded! };
  });
}
