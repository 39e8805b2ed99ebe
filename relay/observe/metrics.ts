/** Counters and gauges, in the text format of Prometheus (version 0.0.4). */

interface Metric {
  kind: "counter" | "gauge";
  help: string;
  /** By their labels, as text. */
  values: Map<string, number>;
  read?: () => number;
}

const PREFIX = "tabnix_relay_";

export class Metrics {
  readonly #metrics = new Map<string, Metric>();

  /** Declares a counter; returns the function that counts. Labels are fixed words, never of clients. */
  counter(name: string, help: string): (amount?: number, labels?: Record<string, string>) => void {
    const values = new Map<string, number>();
    this.#metrics.set(name, { kind: "counter", help, values });
    return (amount = 1, labels = {}) => {
      const key = Object.entries(labels)
        .map(([label, value]) => `${label}="${value}"`)
        .join(",");
      values.set(key, (values.get(key) ?? 0) + amount);
    };
  }

  /** Declares a value that is read when somebody asks. */
  gauge(name: string, help: string, read: () => number): void {
    this.#metrics.set(name, { kind: "gauge", help, values: new Map(), read });
  }

  /** A value: of a gauge, or of a counter with these labels as they are written. */
  value(name: string, labels = ""): number {
    const metric = this.#metrics.get(name);
    return metric?.read?.() ?? metric?.values.get(labels) ?? 0;
  }

  /** The page for Prometheus. */
  text(): string {
    let page = "";
    for (const [name, { kind, help, values, read }] of this.#metrics) {
      page += `# HELP ${PREFIX}${name} ${help}\n# TYPE ${PREFIX}${name} ${kind}\n`;
      if (read) page += `${PREFIX}${name} ${read()}\n`;
      else if (values.size === 0) page += `${PREFIX}${name} 0\n`;
      for (const [labels, value] of values) {
        page += `${PREFIX}${name}${labels === "" ? "" : `{${labels}}`} ${value}\n`;
      }
    }
    return page;
  }
}

/** Everything that the relay counts. */
export function relayMetrics() {
  const all = new Metrics();
  return {
    all,
    upgrades: all.counter("upgrades_total", "WebSockets asked for, by what came of it."),
    streams: all.counter("streams_total", "Streams asked for, by transport and what came of it."),
    bytes: all.counter("bytes_total", "Payload carried, by direction."),
    violations: all.counter(
      "violations_total",
      "Connections closed because they broke the protocol.",
    ),
    queries: all.counter("dns_queries_total", "DNS questions, by what came of them."),
    requests: all.counter(
      "ingress_requests_total",
      "Requests of the public, by what came of them.",
    ),
  };
}

export type RelayMetrics = ReturnType<typeof relayMetrics>;
