// Metrics of what main does for TCP, TLS and names: connections, their messages, DNS.
import type { Registry } from 'prom-client';
import type { MetricsSource, NameFigures, StreamFigures } from './metrics-source.ts';
import { registerAll, single } from './state-metric.ts';
import type { Kind, SeriesRow, StateMetric } from './state-metric.ts';

type Figure = keyof StreamFigures;

function streams(
  kind: Kind,
  name: string,
  help: string,
  label: string,
  figure: Figure,
): StateMetric<MetricsSource> {
  const rows = (source: MetricsSource): SeriesRow[] => {
    return Object.entries(source.streams()?.[figure] ?? {}).map(([value, count]) => {
      return [{ [label]: value }, count];
    });
  };
  return { kind, name: `tandem_connection${name}`, help, labels: [label], rows };
}

function names(
  kind: Kind,
  name: string,
  help: string,
  read: (figures: NameFigures) => number,
): StateMetric<MetricsSource> {
  return single(kind, `tandem_dns_${name}`, help, (source) => read(source.names()));
}

const METRICS: readonly StateMetric<MetricsSource>[] = [
  streams('gauge', 's', 'Connections that are open', 'transport', 'open'),
  streams('counter', 's_opened_total', 'Connections taken and made', 'by', 'opened'),
  streams('counter', 's_closed_total', 'Connections that ended, by why', 'reason', 'closed'),
  streams('counter', 's_refused_total', 'Connections beyond a limit', 'limit', 'refused'),
  streams('counter', '_messages_total', 'Messages over TCP and TLS', 'fate', 'messages'),
  streams(
    'counter',
    '_pings_total',
    'CRLF keep-alives answered, and sent to devices',
    'which',
    'pings',
  ),
  names('gauge', 'gateways', 'Routing gateways given by name', (n) => n.names),
  names('gauge', 'gateways_unresolved', 'Those without any address', (n) => n.unresolved),
  names('counter', 'failures_total', 'Names that could not be looked up', (n) => n.failures),
];

export function registerStreamMetrics(registry: Registry, source: MetricsSource): void {
  registerAll(registry, METRICS, source);
}
