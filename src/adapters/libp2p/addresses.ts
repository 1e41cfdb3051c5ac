import { multiaddr, type Multiaddr } from '@multiformats/multiaddr'

/**
 * Tells whether `host` (an IP address or a name) stands for this machine or a local network: loopback, private, link-local,
 * unique-local, or a name that ends in `localhost` or `.local`. Names otherwise count as public.
 * Source: RFC 1122, 1918, 3927, 4193, 4291, 6598.
 */
export function isLocalHost(host: string): boolean {
  const text = host.toLowerCase()
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(text)?.[1]
  const parts = (mapped ?? text).split('.').map(Number)
  if (parts.length === 4 && parts.every((part) => Number.isInteger(part) && part >= 0 && part <= 255)) {
    const [a = 0, b = 0] = parts
    if (a === 0 || a === 10 || a === 127) return true
    return (a === 172 && b >= 16 && b <= 31) || (a === 192 && b === 168) || (a === 169 && b === 254) || (a === 100 && b >= 64 && b <= 127)
  }
  if (text.includes(':')) return text === '::1' || text === '::' || /^f[cd]/.test(text) || /^fe[89ab]/.test(text)
  return text === 'localhost' || text.endsWith('.localhost') || text.endsWith('.local')
}

/** Returns the host that `address` begins with, or undefined when it begins with a peer. */
export function hostOf(address: Multiaddr): string | undefined {
  const first = address.getComponents().find((part) => part.name !== 'ip6zone')
  return first !== undefined && ['ip4', 'ip6', 'dns', 'dns4', 'dns6', 'dnsaddr'].includes(first.name) ? first.value : undefined
}

/** Returns the text of the last peer that `address` names, or undefined. */
export function peerOf(address: Multiaddr): string | undefined {
  return address.getComponents().findLast((part) => part.name === 'p2p')?.value
}

/** Returns the multiaddr that `text` stands for, or undefined when it is none. */
export function readAddress(text: string): Multiaddr | undefined {
  try {
    return multiaddr(text)
  } catch {
    return undefined
  }
}
