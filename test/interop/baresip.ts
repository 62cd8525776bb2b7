// A baresip user agent without sound: what it hears is what it says. It is driven through its
// control port (module ctrl_tcp: JSON in netstrings); its output is its SIP trace.
import { connect, type Socket } from 'node:net';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freeTcpPort, freeUdpPort } from '../../infra/free-port.ts';
import { until } from '../../bench/calls/until.ts';
import type { TransportName } from '../../engine/base/gateway-words.ts';
import { needed, startAgent, type AgentProcess } from './tools.ts';

export interface BaresipOptions {
  readonly user: string;
  /** Port of its registrar and proxy on 127.0.0.1. */
  readonly proxyPort: number;
  /** UDP when not given. */
  readonly transport?: TransportName;
  /** Empty: it is not asked for one. */
  readonly password?: string;
  /** Path, for TLS: what the proxy's certificate is checked against. */
  readonly ca?: string;
}

interface ControlMessage {
  readonly event?: boolean;
  readonly type?: string;
  readonly param?: string;
}

const EVENT_TIMEOUT_MS = 15_000;
/** Another process may take its port between the question for a free one and its start. */
const STARTS = 3;

export class Baresip {
  readonly #agent: AgentProcess;
  readonly #control: Socket;
  readonly #events: ControlMessage[] = [];
  #received = '';

  private constructor(agent: AgentProcess, control: Socket) {
    this.#agent = agent;
    this.#control = control;
    control.setEncoding('utf8').on('data', (text: string) => {
      this.#received += text;
      this.#read();
    });
  }

  static async start(options: BaresipOptions): Promise<Baresip> {
    needed('baresip', 'baresip-core', '-h');
    let said = '';
    for (let start = 0; start < STARTS; start++) {
      const sipPort = await freeUdpPort();
      const controlPort = await freeTcpPort();
      const agent = startAgent('baresip', (folder) => {
        writeFiles(folder, options, sipPort, controlPort);
        return ['-f', folder, '-s'];
      });
      const control = await until(() => opened(controlPort), 10_000);
      if (control !== undefined) return new Baresip(agent, control);
      await agent.stop();
      said = agent.output();
    }
    throw new Error(`baresip does not come up:\n${said}`);
  }

  /** The SIP that it has sent and received. */
  get trace(): string {
    return this.#agent.output();
  }

  command(command: string, params = ''): void {
    const text = JSON.stringify({ command, params, token: command });
    this.#control.write(`${Buffer.byteLength(text)}:${text},`);
  }

  /** Waits for an event, such as CALL_ESTABLISHED, that was not awaited before; its parameter. */
  async event(type: string): Promise<string> {
    const found = await until(() => {
      const index = this.#events.findIndex((event) => event.type === type);
      return index < 0 ? undefined : this.#events.splice(index, 1)[0];
    }, EVENT_TIMEOUT_MS);
    if (found !== undefined) return found.param ?? '';
    const came = this.#events.map((event) => event.type).join(', ');
    throw new Error(`no ${type}; there is: ${came}\n${this.trace.slice(-6000)}`);
  }

  /** Waits until its SIP trace shows something. */
  async traced(pattern: RegExp, timeoutMs = EVENT_TIMEOUT_MS): Promise<void> {
    const shown = await until(() => (pattern.test(this.trace) ? true : undefined), timeoutMs);
    if (shown !== true) throw new Error(`no ${pattern.source} in:\n${this.trace.slice(-6000)}`);
  }

  async stop(): Promise<void> {
    this.#control.destroy();
    await this.#agent.stop();
  }

  #read(): void {
    for (;;) {
      const colon = this.#received.indexOf(':');
      const length = Number(this.#received.slice(0, colon));
      const end = colon + 1 + length;
      if (colon < 0 || this.#received.length <= end) return;
      const message = JSON.parse(this.#received.slice(colon + 1, end)) as ControlMessage;
      this.#received = this.#received.slice(end + 1);
      if (message.event === true) this.#events.push(message);
    }
  }
}

/** What a trace shows after its first `seen` characters. */
export function within(seen: number, pattern: string): RegExp {
  return new RegExp(`^[^]{${seen}}[^]*${pattern}`);
}

function opened(port: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      resolve(socket);
    });
    socket.once('error', () => {
      resolve(undefined);
    });
  });
}

function writeFiles(
  folder: string,
  { user, proxyPort, transport = 'udp', password = '', ca }: BaresipOptions,
  sipPort: number,
  controlPort: number,
): void {
  const config = [
    `sip_listen 127.0.0.1:${sipPort}`,
    'net_interface 127.0.0.1',
    'audio_player aubridge,nobody',
    'audio_source aubridge,nobody',
    'statmode_default off',
    'module_path /usr/lib/baresip/modules',
    ...['g711', 'aubridge'].map((name) => `module ${name}.so`),
    ...['account', 'menu', 'ctrl_tcp'].map((name) => `module_app ${name}.so`),
    `ctrl_tcp_listen 127.0.0.1:${controlPort}`,
    ...(ca === undefined ? [] : [`sip_cafile ${ca}`]),
  ];
  writeFileSync(join(folder, 'config'), `${config.join('\n')}\n`);
  const secret = password === '' ? '' : `;auth_pass=${password}`;
  // Where what it dials goes, too.
  const proxy = `sip:127.0.0.1:${proxyPort};transport=${transport}`;
  const account = `<sip:${user}@127.0.0.1;transport=${transport}>;outbound="${proxy}";regint=60`;
  writeFileSync(join(folder, 'accounts'), `${account}${secret}\n`);
  writeFileSync(join(folder, 'contacts'), '');
}
