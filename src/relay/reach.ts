import { isIPv6 } from 'node:net'
import type { NetworkInterfaceInfo } from 'node:os'
import type { RelayProgramOptions } from './options.ts'

/** Returns `host:port` ready to be pasted: an IPv6 address stands in brackets. */
export function hostPort(host: string, port: number): string {
  return `${isIPv6(host) ? `[${host}]` : host}:${port}`
}

/**
 * Returns the lines for the operator of a relay that listens on every address: the addresses by which others may reach it, and the option
 * that announces one. No lines when the printed address can be used as it is.
 * @param address the relay's own multiaddr
 * @param interfaces as `os.networkInterfaces` returns them
 */
export function sayReach(
  { host, announce, tls }: Pick<RelayProgramOptions, 'host' | 'announce' | 'tls'>,
  address: string,
  interfaces: Readonly<Record<string, readonly Pick<NetworkInterfaceInfo, 'address' | 'family' | 'internal'>[] | undefined>>,
): readonly string[] {
  if (announce.length > 0 || !['0.0.0.0', '::'].includes(host)) return []
  const [, port = '', peer = ''] = /\/tcp\/(\d+)\/.*\/p2p\/(\w+)$/.exec(address) ?? []
  const socket = tls === undefined ? 'ws' : 'tls/ws'
  const outside = Object.values(interfaces)
    .flatMap((all) => all ?? [])
    .filter(({ internal, family, address: each }) => !internal && (family === 'IPv4' || host === '::') && !each.startsWith('fe80:'))
  return [
    'It listens on every address of this machine. Say by which one others reach it, so that they are told the right one:',
    `  --announce /dns4/NAME-OF-THIS-MACHINE/tcp/${port}/${socket}`,
    ...outside.map(
      ({ address: each, family }) => `  or in its own network: /ip${family === 'IPv6' ? 6 : 4}/${each}/tcp/${port}/${socket}/p2p/${peer}`,
    ),
  ]
}
