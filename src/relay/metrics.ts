/** The figures of a relay; totals only grow while it runs. */
export interface RelayMetrics {
  /** Bytes relayed between peers, both ways. */
  readonly relay_circuit_bytes_total: number
  /** Bytes in and out of the sockets of its TCP port. */
  readonly relay_socket_bytes_total: number
  /** Peers that can be reached through it now. */
  readonly relay_reservations: number
  readonly relay_connections: number
  readonly stun_requests_total: number
}

/** Returns `metrics` as text in the Prometheus exposition format, version 0.0.4. */
export function renderMetrics(metrics: RelayMetrics): string {
  const lines = Object.entries(metrics).flatMap(([name, value]) => [
    `# TYPE ${name} ${name.endsWith('_total') ? 'counter' : 'gauge'}`,
    `${name} ${value}`,
  ])
  return `${lines.join('\n')}\n`
}
