/** A peer that could keep a shard. */
export interface Candidate<Name extends string> {
  readonly peer: Name
  /** Likelihood, in (0, 1], that it is there when needed: this device's observation, else a cautious guess. */
  readonly weight: number
  /** Peers of one domain fail together: a network, or the peer itself where the network says nothing. */
  readonly domain: string
  readonly engine: string
  /** It keeps other segments of the same group: an owner spreads a group over as few peers as possible. */
  readonly isInSet: boolean
  /** This owner keeps shards for it. */
  readonly isPartner: boolean
  /** This owner met it less than a day ago. */
  readonly isNewcomer: boolean
  /** A random number in [0, 1), fresh for each placement. */
  readonly draw: number
}

/** A peer that keeps a shard of the segment already: the caps count it with those that are chosen. */
export type Keeping = Pick<Candidate<string>, 'domain' | 'engine' | 'isNewcomer'>

/** Largest share of a segment's shards with newcomers. SPEC PLC2. */
const NEWCOMERS_SHARE = 0.1

/** Largest share of a segment's shards in one domain and in one engine. */
export interface PlacementCaps {
  readonly perNetwork: number
  readonly perEngine: number
}

/**
 * Returns all candidates in the order in which they should be asked: first those that keep other segments of the group, then partners, then
 * the rest by weighted draw.
 * Caps put those that would crowd a domain or an engine, and newcomers beyond their share, behind the others.
 * @param wanted shards of the segment in all, of which the caps are shares
 * @param keeping the peers that keep one of them already
 * Source: SPEC.md PLC1, PLC2; the draw is Efraimidis and Spirakis 2006, algorithm A.
 */
export function choosePlacement<Name extends string>(
  candidates: readonly Candidate<Name>[],
  wanted: number,
  caps: PlacementCaps,
  keeping: readonly Keeping[] = [],
): readonly Name[] {
  const ranked = candidates.toSorted(
    (a, b) => Number(b.isInSet) - Number(a.isInSet) || Number(b.isPartner) - Number(a.isPartner) || keyOf(b) - keyOf(a),
  )
  const most = (share: number): number => Math.max(1, Math.floor(share * wanted))
  const counts = new Map<string, number>()
  const crowdsOf = ({ domain, engine, isNewcomer }: Keeping): readonly (readonly [string, number])[] => [
    [`domain ${domain}`, most(caps.perNetwork)],
    [`engine ${engine}`, most(caps.perEngine)],
    ...(isNewcomer ? [['newcomers', most(NEWCOMERS_SHARE)] as const] : []),
  ]
  const count = (one: Keeping): void => {
    for (const [crowd] of crowdsOf(one)) counts.set(crowd, (counts.get(crowd) ?? 0) + 1)
  }
  for (const one of keeping) count(one)
  const chosen: Name[] = []
  const crowding: Name[] = []
  for (const candidate of ranked) {
    if (crowdsOf(candidate).some(([crowd, limit]) => (counts.get(crowd) ?? 0) >= limit)) {
      crowding.push(candidate.peer)
      continue
    }
    count(candidate)
    chosen.push(candidate.peer)
  }
  return [...chosen, ...crowding]
}

/**
 * Returns the domain of a peer whose connection has the address `address` (multiaddr text): its IPv4 /24 or IPv6 /48.
 * Loopback, private and unknown addresses do not tell which peers fail together: each such peer is its own domain.
 * Source: SPEC.md PLC3.
 */
export function domainOf(peer: string, address: string): string {
  const [, kind, host = ''] = /^\/(ip[46])\/([0-9a-f.:]+)(?:\/|$)/i.exec(address) ?? []
  if (kind === undefined) return peer
  const mapped = /^::ffff:([0-9.]+)$/i.exec(host)
  return (kind === 'ip4' ? domainOfFour(host) : mapped ? domainOfFour(mapped[1] ?? '') : domainOfSix(host)) ?? peer
}

function domainOfFour(host: string): string | undefined {
  const parts = host.split('.').map(Number)
  const [a = 0, b = 0, c = 0] = parts
  if (parts.length !== 4 || parts.some((part) => !Number.isInteger(part) || part < 0 || part > 255)) return undefined
  const isPrivate =
    a === 0 || a === 10 || a === 127 || (a === 172 && b >= 16 && b <= 31) || (a === 192 && b === 168) || (a === 169 && b === 254)
  return isPrivate ? undefined : `${a}.${b}.${c}`
}

/** Puts back the zeros that `::` leaves out: the third group of many providers' networks is zero. RFC 4291 section 2.2. */
function domainOfSix(host: string): string | undefined {
  const [head = '', tail] = host.split('::')
  const groupsOf = (text: string): number[] => (text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16)))
  const [front, back] = [groupsOf(head), groupsOf(tail ?? '')]
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - front.length - back.length)
  const [a = 0, b = 0, c = 0] = [...front, ...Array.from({ length: zeros }, () => 0), ...back]
  // Registries assign public addresses from 2000::/3 only.
  if (!(a >= 0x2000 && a <= 0x3fff)) return undefined
  return [a, b, c].map((group) => group.toString(16)).join(':')
}

function keyOf({ draw, weight }: Candidate<string>): number {
  return draw ** (1 / Math.max(weight, 1e-3))
}
