// Why TLS to a broker fails, in an operator's words. librdkafka says "certificate verify failed" of
// a wrong authority, a wrong name and an expired certificate alike: so the same certificate is
// looked at again, by Node, which tells them apart.
import { accessSync, constants, readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import type { Certificate, PeerCertificate } from 'node:tls';
import { connect } from 'node:tls';
import type { KafkaTarget } from '../../engine/config/kafka-settings.ts';

type Settings = KafkaTarget['properties'];

const LOOK_TIMEOUT_MS = 5000;
/** `sasl_ssl://kafka-1:9093/bootstrap: SSL handshake failed: ...` */
const REFUSED = /^(\w+:\/\/\[?(.+?)\]?:(\d+))\/.*certificate verify failed/;
/** What a broker does to clients that say something else than it expects. */
const CLOSED = /^(sasl_)?plaintext:.*Disconnected.*APIVERSION_QUERY/;
const UNREADABLE = /(ssl\.\w+\.location) failed/;

/** @param reason as librdkafka gives it; comes back as it is when there is nothing to add */
export async function explainTls(reason: string, settings: Settings): Promise<string> {
  const setting = UNREADABLE.exec(reason)?.[1];
  if (setting !== undefined) return `${reason}: ${fileProblem(String(settings[setting]))}`;
  if (CLOSED.test(reason)) return `${reason}: does it speak TLS? See security.protocol`;
  const [, broker, host, port] = REFUSED.exec(reason) ?? [];
  if (broker === undefined) return reason;
  const verdict = await look(host!, Number(port), settings).catch(() => undefined);
  return verdict === undefined ? reason : `${broker}: ${verdict}`;
}

function fileProblem(path: string): string {
  try {
    accessSync(path, constants.R_OK);
    return `${path} holds no PEM that fits`;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Undefined when Node finds nothing wrong. Rejects when it does not get to see a certificate. */
function look(host: string, port: number, settings: Settings): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host,
      port,
      servername: isIP(host) === 0 ? host : '',
      rejectUnauthorized: false,
      ...pem('ca', 'ca', settings),
      ...pem('cert', 'certificate', settings),
      ...pem('key', 'key', settings),
      passphrase: String(settings['ssl.key.password'] ?? ''),
    });
    socket.setTimeout(LOOK_TIMEOUT_MS, () => socket.destroy(new Error('no answer')));
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      // The name of the error, whatever its type says.
      const code = socket.authorized ? '' : String(socket.authorizationError);
      const certificate = socket.getPeerCertificate();
      socket.destroy();
      resolve(code === '' ? undefined : verdict(code, certificate, host, settings));
    });
  });
}

/** What a setting such as `ssl.ca.location` or `ssl.ca.pem` gives. */
function pem(option: string, name: string, settings: Settings): Record<string, string | Buffer> {
  const text = settings[`ssl.${name}.pem`];
  const file = settings[`ssl.${name}.location`];
  if (text === undefined && file === undefined) return {};
  return { [option]: text === undefined ? readFileSync(String(file)) : String(text) };
}

function verdict(code: string, seen: PeerCertificate, host: string, settings: Settings): string {
  const name = ({ CN }: Certificate): string => String(CN ?? 'no name');
  const whose = `the certificate of ${name(seen.subject)}, signed by ${name(seen.issuer)}`;
  switch (code) {
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `${whose}, is for ${seen.subjectaltname ?? 'no host'} and not for ${host}`;
    case 'CERT_HAS_EXPIRED':
      return `${whose}, has expired on ${seen.valid_to}`;
    case 'CERT_NOT_YET_VALID':
      return `${whose}, is valid from ${seen.valid_from} on`;
    default: {
      const authorities = settings['ssl.ca.location'] ?? 'not set';
      return `${whose}, is not trusted (${code}); ssl.ca.location is ${authorities}`;
    }
  }
}
