// The edge process: opens the network, starts the threads and the ingest process, applies the
// provisioning, and ends everything in the order in which nothing is lost.
import { dirname, join } from 'node:path';
import { systemClock } from '../base/clock.ts';
import { buildSnapshot } from '../config/build-snapshot.ts';
import type { Config } from '../config/load.ts';
import type { Provision } from '../config/provision.ts';
import type { GatewayRow } from '../http/gateway-row.ts';
import { createMetrics } from '../http/metrics.ts';
import { startHttpServer, type HttpServer, type ReadinessCheck } from '../http/server.ts';
import { LocationTable } from '../registry/location-table.ts';
import { LostConnections } from '../registry/lost-connections.ts';
import { openMainIo, type MainIo } from '../net/open-io.ts';
import { keepAliveSettings } from '../registry/pacer.ts';
import { GATE_SLOTS, SYSTEM_CALLS } from '../routing/gate-slots.ts';
import { SlotAllocator } from '../routing/slot-allocator.ts';
import type { Snapshot } from '../routing/snapshot.ts';
import { shardOfWith } from '../shard/shard-of.ts';
import { SharedGates } from '../shm/gates.ts';
import { ClockWatch } from './clock-watch.ts';
import { ControlData } from './control-data.ts';
import { SharedGatewayStates } from '../shm/gateway-states.ts';
import { gatewayOverview } from './gateway-overview.ts';
import { IngestProcess } from './ingest-process.ts';
import { localAddresses, socketAddresses, streamAddresses, streamLimits } from './listen.ts';
import type { EdgeLog } from './log.ts';
import { metricsOfEdge } from './metrics-of-edge.ts';
import { GatewayNames } from './names/gateway-names.ts';
import { systemNameServer } from './names/system-name-server.ts';
import { Pace } from './pace.ts';
import { peerTls } from './peer-tls.ts';
import { PacerThread } from './pacer.ts';
import { RecorderThread } from './recorder.ts';
import { RegistrationStore } from './registration-store.ts';
import { createSharedMemory, type SharedMemory } from './shared-memory.ts';
import { Shards } from './shards.ts';
import { prepareSpoolDirectory } from './spool-directory.ts';
import { EdgeTrace } from './trace.ts';

/** In ticks of main's pace. */
const SAMPLE_TICKS = 5;
const DRAIN_POLL_MS = 100;
/** How long the start waits for name servers. */
const NAMES_MS = 5000;
/** After the last call has ended: time for a lost BYE to be sent again and answered. */
const LINGER_MS = 1500;

export class Edge {
  readonly #config: Config;
  readonly #log: EdgeLog;
  readonly #memory: SharedMemory;
  readonly #gates: SharedGates;
  readonly #states: SharedGatewayStates;
  readonly #locations: LocationTable;
  readonly #slots: SlotAllocator;
  readonly #io: MainIo;
  readonly #shards: Shards;
  readonly #recorder: RecorderThread;
  readonly #pacer: PacerThread;
  readonly #clockWatch: ClockWatch;
  readonly #ingest: IngestProcess | null;
  readonly #trace: EdgeTrace;
  readonly #control: ControlData;
  #registrations: RegistrationStore | null = null;
  #http: HttpServer | null = null;
  readonly #pace = new Pace();
  #endSamples: () => void = () => undefined;
  readonly #names: GatewayNames;
  #snapshot: Snapshot;

  private constructor(
    config: Config,
    log: EdgeLog,
    control: ControlData,
    io: MainIo,
    names: GatewayNames,
    memory: SharedMemory,
    moved: Map<string, number>,
  ) {
    this.#config = config;
    this.#log = log;
    this.#io = io;
    this.#memory = memory;
    this.#gates = new SharedGates(memory.gates, GATE_SLOTS, 0);
    this.#states = new SharedGatewayStates(memory.gatewayStates);
    this.#locations = new LocationTable(memory.locations);
    this.#slots = new SlotAllocator(this.#gates, this.#states);
    this.#names = names;
    this.#control = control;
    this.#snapshot = this.#build(1, 0);
    this.#applyToSockets();
    const { node, shards: count, gatherMs, udpSegmentation, digestAlgorithms } = config;
    const locals = localAddresses(config.listen, io.ports);
    const directory = spoolOf(config);
    const own = { node, gatherMs, udpSegmentation, digestAlgorithms, locals, memory, moved, log };
    const shards = { ...own, count, io, spool: directory };
    this.#shards = new Shards(shards, this.#snapshot);
    const { records: rings, recorderState: state, pacerState, locations } = memory;
    const record = { directory, node, rings, state, limits: config.spool };
    this.#recorder = new RecorderThread(record, log);
    this.#clockWatch = new ClockWatch(systemClock, log);
    this.#pacer = new PacerThread(
      {
        state: pacerState,
        locations,
        io: io.heartbeatSetup(),
        locals,
        traces: memory.traces.at(-1)!,
        log,
      },
      keepAliveSettings(this.#snapshot.parameters),
    );
    this.#ingest = config.ingest ? new IngestProcess(config.file, log) : null;
    this.#trace = new EdgeTrace({
      dataDir: config.dataDir,
      rings: memory.traces,
      fileBytes: () => this.#snapshot.parameters.SERVER_TRACE_FILE_LENGTH * 1024,
      store: control.store,
      changed: () => {
        this.#publish(this.#snapshot);
      },
      log,
    });
  }

  /**
   * @param memory what threads share; a bench gives it with registrations in it
   * @throws TandemError when the provisioning is not valid or an address cannot be bound
   */
  static async start(
    config: Config,
    log: EdgeLog,
    memory = createSharedMemory(config.shards, config.maxRegistrations),
  ): Promise<Edge> {
    const control = await ControlData.open(config, log);
    prepareSpoolDirectory(spoolOf(config));
    const moved = new Map<string, number>();
    const lost = new LostConnections(memory.locations, socketAddresses(config.listen).length);
    const io = await openMainIo({
      choice: config.io,
      addresses: socketAddresses(config.listen),
      shards: config.shards,
      clock: systemClock,
      shardOf: shardOfWith(moved),
      streams: {
        addresses: streamAddresses(config.listen),
        limits: streamLimits(config.streams),
        warn: (text) => {
          log.warn(text);
        },
        lost: (connections) => {
          lost.mark(connections);
        },
      },
    });
    log.info({ io: io.kind, reason: io.reason, ports: io.ports }, 'network opened');
    for (const warning of io.warnings) log.warn(warning);
    let begun: Edge | null = null;
    const names = new GatewayNames({
      dns: systemNameServer(config.dns),
      warn: (text) => {
        log.warn(text);
      },
      changed: () => {
        if (begun !== null) begun.#renew();
      },
    });
    // A name server that does not answer must not keep the switch from starting.
    await Promise.race([watchNames(names, control.provision), pause(NAMES_MS)]);
    const edge = new Edge(config, log, control, io, names, memory, moved);
    begun = edge;
    edge.#registrations = await RegistrationStore.open(control.store, {
      ...memory,
      clock: systemClock,
      log,
      end: (aor) => {
        edge.#shards.endRegistrations(aor);
      },
    });
    lost.markAll();
    await edge.#start();
    return edge;
  }

  /** Reads files again; what is wrong in the provision is logged and changes nothing. */
  async reload(): Promise<void> {
    this.#io.streams?.reloadCertificates();
    this.#applyToSockets();
    await this.#control.reload();
  }

  /** Refuses new calls, gives running ones `drainSeconds`, then ends all and flushes records. */
  async stop(): Promise<void> {
    const { drainSeconds } = this.#config;
    this.#log.info({ calls: this.#calls(), drainSeconds }, 'draining');
    this.#shards.drain();
    const deadline = performance.now() + drainSeconds * 1000;
    while (this.#calls() > 0 && performance.now() < deadline) await pause(DRAIN_POLL_MS);
    if (this.#calls() > 0)
      this.#log.warn({ calls: this.#calls() }, 'drain time over, ending calls');
    else await pause(Math.min(LINGER_MS, drainSeconds * 1000));
    await this.#pacer.stop();
    await this.#shards.stop();
    await this.#registrations?.stop();
    await this.#recorder.stop();
    await this.#trace.stop();
    await this.#control.close();
    await this.#ingest?.stop();
    this.#endSamples();
    await this.#http?.close();
    this.#names.close();
    await this.#io.close();
    this.#log.info('stopped');
  }

  /** Every shard mounts it between two packets, with the traces in force. */
  #publish(snapshot: Snapshot): void {
    const version = this.#snapshot.version + 1;
    this.#mountTraces({ ...snapshot, version });
  }

  #mountTraces(snapshot: Snapshot): void {
    const traces = this.#trace.inForce;
    this.#snapshot = { ...snapshot, traces };
    this.#shards.publish(this.#snapshot);
    this.#pacer.publish(keepAliveSettings(snapshot.parameters, traces));
  }

  /** The provisioning with what is known of its names. */
  #build(version: number, mounted: number): Snapshot {
    return buildSnapshot(this.#control.provision, this.#slots, version, mounted, (gateway) => {
      return this.#names.addressesOf(gateway);
    });
  }

  /** Puts it in force. */
  #renew(): void {
    this.#publish(this.#build(this.#snapshot.version + 1, this.#shards.mountedVersion));
    this.#applyToSockets();
  }

  /** What is configured has changed. */
  #apply(): void {
    this.#renew();
    void watchNames(this.#names, this.#control.provision);
    this.#ingest?.reload();
    this.#log.info({ version: this.#snapshot.version }, 'provisioning applied');
  }

  /** What main's sockets need of the snapshot. */
  #applyToSockets(): void {
    const { parameters, routingGateways } = this.#snapshot;
    this.#io.streams?.setPeers(peerTls(this.#snapshot, dirname(this.#config.file)));
    if (!this.#io.setTypeOfService(parameters.SS_QOS_SIGNAL)) {
      this.#log.warn('SS_QOS_SIGNAL has no effect: the sockets do not take a TOS byte');
    }
    const listens = new Set(this.#config.listen.map(({ transport }) => transport));
    for (const { name, transport } of routingGateways) {
      if (listens.has(transport)) continue;
      this.#log.warn(`routing gateway "${name}" is passed over: listen has no ${transport}://`);
    }
  }

  async #start(): Promise<void> {
    this.#recorder.start();
    await this.#trace.open();
    this.#mountTraces(this.#snapshot);
    this.#trace.start(this.#pace);
    // Ingest deletes what it has delivered: not before the shards have found their calls.
    await this.#shards.start();
    this.#pacer.start();
    this.#ingest?.start();
    this.#registrations?.start(this.#pace);
    const registry = createMetrics(
      metricsOfEdge({
        memory: this.#memory,
        io: this.#io,
        shards: this.#shards,
        recorder: this.#recorder,
        pacer: this.#pacer,
        trace: this.#trace,
        clockWatch: this.#clockWatch,
        ingest: this.#ingest,
        names: this.#names,
        snapshot: () => this.#snapshot,
        gateways: () => this.#gatewayRows(),
      }),
    );
    this.#endSamples = this.#pace.every(SAMPLE_TICKS, () => {
      this.#shards.sample();
      this.#recorder.sample();
      this.#pacer.sample();
      this.#clockWatch.sample();
    });
    const { api, node } = this.#config;
    this.#http = await startHttpServer({
      host: api.host,
      port: api.port,
      node,
      metrics: registry,
      checks: () => this.#checks(),
      gateways: () => this.#gatewayRows(),
    });
    this.#control.watch(this.#pace, () => this.#apply());
    const listen = this.#config.listen.map(({ url }) => url);
    this.#log.info({ listen, api: this.#http.url, shards: this.#config.shards }, 'ready for calls');
  }

  #checks(): ReadinessCheck[] {
    const shards = this.#shards.states().map(({ problem }, shard) => ({
      name: `shard ${shard}`,
      problem: () => problem,
    }));
    const recorder = { name: 'recorder', problem: () => this.#recorder.problem() };
    const ingest = this.#ingest;
    if (ingest === null) return [...shards, recorder];
    return [
      ...shards,
      recorder,
      { name: 'ingest', problem: () => ingest.problem() },
      { name: 'clickhouse', problem: () => ingest.clickHouseProblem() },
    ];
  }

  #gatewayRows(): GatewayRow[] {
    const source = { gates: this.#gates, states: this.#states, locations: this.#locations };
    return gatewayOverview(this.#snapshot, source, systemClock.wallMs());
  }

  #calls(): number {
    return this.#gates.occupied(SYSTEM_CALLS);
  }
}

async function watchNames(names: GatewayNames, provision: Provision): Promise<void> {
  const gateways = provision.routingGateways.map(({ remoteIp, signalPort, transport }) => {
    return { host: remoteIp ?? '', port: signalPort ?? 0, transport };
  });
  await names.watch(gateways, provision.parameters.SERVER_DNS_UPDATE_INTERVAL);
}

function spoolOf(config: Config): string {
  return join(config.dataDir, 'spool');
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
