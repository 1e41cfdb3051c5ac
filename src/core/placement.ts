/** Somebody who could keep a shard. */
export interface Candidate<Name extends string> {
  readonly peer: Name
  /** How likely it is there when needed, in (0, 1]: own observation, else a cautious guess. */
  readonly weight: number
  /** What fails together: a network, or the peer itself where the network says nothing. */
  readonly domain: string
  readonly engine: string
  /** Keeps other segments of the same group already: an owner uses as few sets as possible. */
  readonly isInSet: boolean
  /** This owner keeps shards for it. */
  readonly isPartner: boolean
  /** A random number in [0, 1), fresh for each placement. */
  readonly draw: number
}

/** Largest share of a segment's shards in one domain and in one engine. */
export interface PlacementCaps {
  readonly perNetwork: number
  readonly perEngine: number
}

/**
 * Returns all candidates in the order in which they should be asked: the set first, then partners, then by weighted draw.
 * Caps put those that would crowd a domain or an engine behind the others; they bind only while `wanted` others remain.
 * Source: SPEC.md PLC1; the draw is Efraimidis and Spirakis 2006, algorithm A.
 */
export function choosePlacement<Name extends string>(
  candidates: readonly Candidate<Name>[],
  wanted: number,
  caps: PlacementCaps,
): readonly Name[] {
  const ranked = candidates.toSorted(
    (a, b) => Number(b.isInSet) - Number(a.isInSet) || Number(b.isPartner) - Number(a.isPartner) || keyOf(b) - keyOf(a),
  )
  const perDomain = Math.max(1, Math.floor(caps.perNetwork * wanted))
  const perEngine = Math.max(1, Math.floor(caps.perEngine * wanted))
  const inDomain = new Map<string, number>()
  const inEngine = new Map<string, number>()
  const chosen: Name[] = []
  const crowding: Name[] = []
  for (const { peer, domain, engine } of ranked) {
    const domainCount = (inDomain.get(domain) ?? 0) + 1
    const engineCount = (inEngine.get(engine) ?? 0) + 1
    if (domainCount > perDomain || engineCount > perEngine) {
      crowding.push(peer)
      continue
    }
    inDomain.set(domain, domainCount)
    inEngine.set(engine, engineCount)
    chosen.push(peer)
  }
  return [...chosen, ...crowding]
}

/**
 * Returns the domain of a peer whose connection has the address `address` (multiaddr text): its IPv4 /24 or IPv6 /48.
 * Loopback, private and unknown addresses say nothing about who fails together: each peer is its own domain.
 */
export function domainOf(peer: string, address: string): string {
  const four = /^\/ip4\/(\d+)\.(\d+)\.(\d+)\.\d+/.exec(address)
  if (four !== null) {
    const [a, b] = [Number(four[1]), Number(four[2])]
    const isPrivate = a === 10 || a === 127 || (a === 172 && b >= 16 && b <= 31) || (a === 192 && b === 168) || (a === 169 && b === 254)
    return isPrivate ? peer : `${four[1]}.${four[2]}.${four[3]}`
  }
  const six = /^\/ip6\/([0-9a-f]{1,4}):([0-9a-f]{1,4}):([0-9a-f]{1,4}):/i.exec(address)
  if (six === null || /^f[cde]/i.test(six[1] ?? '')) return peer
  return `${six[1]}:${six[2]}:${six[3]}`.toLowerCase()
}

function keyOf({ draw, weight }: Candidate<string>): number {
  return draw ** (1 / Math.max(weight, 1e-3))
}
