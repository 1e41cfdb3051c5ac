import { isLocalHost } from '../adapters/libp2p/addresses.ts'

/** Hosts remembered; beyond that the longest silent one is forgotten. */
const MAX_HOSTS = 50_000

/** Limits how often each host does something; hosts on this machine and in private networks have no limit. */
export interface RateLimit {
  /** Tells whether `host` may do it at `now`, Unix milliseconds, and counts it if so. */
  allows(host: string, now: number): boolean
}

/** Returns a limit for every public host (for IPv6 its /64) of `perSecond` on average and `burst` at once. */
export function createRateLimit({ perSecond, burst }: { readonly perSecond: number; readonly burst: number }): RateLimit {
  const hosts = new Map<string, { left: number; at: number }>()
  return {
    allows(host, now) {
      if (isLocalHost(host)) return true
      const key = networkOf(host)
      const before = hosts.get(key) ?? { left: burst, at: now }
      const left = Math.min(burst, before.left + (Math.max(0, now - before.at) / 1000) * perSecond)
      hosts.delete(key)
      hosts.set(key, { left: left >= 1 ? left - 1 : left, at: now })
      const [oldest] = hosts.keys()
      if (hosts.size > MAX_HOSTS && oldest !== undefined) hosts.delete(oldest)
      return left >= 1
    },
  }
}

/** Returns the part of an address that one household shares: an IPv4 address, or the /64 of IPv6. */
export function networkOf(host: string): string {
  if (!host.includes(':') || host.includes('.')) return host
  const [head = '', tail = ''] = host.split('::')
  const left = head.split(':').filter((word) => word !== '')
  const right = tail.split(':').filter((word) => word !== '')
  const words = [...left, ...Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0'), ...right]
  return words.slice(0, 4).join(':')
}
