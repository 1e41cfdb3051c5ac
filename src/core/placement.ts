import type { Conduct } from './healing/evidence.ts'

/** A peer that could keep a shard. */
export interface Candidate<Name extends string> {
  readonly peer: Name
  /** In (0, 1]: how much this device would rather give it something than others, by what it has seen of it. SPEC PRS5. */
  readonly weight: number
  /** Peers of one domain fail together: a network, or the peer itself where the network says nothing. */
  readonly domain: string
  readonly engine: string
  /** It keeps other segments of the same group: an owner spreads a group over as few peers as possible. */
  readonly isInSet: boolean
  /** This owner keeps shards for it. */
  readonly isPartner: boolean
  /** Little is known of it yet: see `isNewcomer`. */
  readonly isNewcomer: boolean
  /** A random number in [0, 1), fresh for each placement. */
  readonly draw: number
}

/** A peer that keeps a shard of the segment already: the caps count it with those that are chosen. */
export type Keeping = Pick<Candidate<string>, 'domain' | 'engine' | 'isNewcomer'>

/** Largest share of a segment's shards with newcomers. SPEC PLC2. */
const NEWCOMERS_SHARE = 0.1
/** How long ago somebody was met, and how many of its shards have proven themselves, before it is no newcomer. SPEC PLC2. */
const NEWCOMER_MS = 86_400_000
const NEWCOMER_CHECKS = 3
/** Bounds what a weight that was measured as zero divides by. */
const LEAST_WEIGHT = 1e-9

/** Largest share of a segment's shards in one domain and in one engine. */
export interface PlacementCaps {
  readonly perNetwork: number
  readonly perEngine: number
}

/**
 * Returns all candidates in the order in which they should be asked: first those that keep other segments of the group, then partners, then
 * the rest by weighted draw.
 * Caps put those that would crowd a domain or an engine behind the others, and newcomers beyond their share behind everybody.
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
  const limits = { domain: most(caps.perNetwork), engine: most(caps.perEngine), newcomers: most(NEWCOMERS_SHARE) }
  const counts = new Map<string, number>()
  const countOf = (crowd: string): number => counts.get(crowd) ?? 0
  const count = ({ domain, engine, isNewcomer: isNew }: Keeping): void => {
    for (const crowd of [`domain ${domain}`, `engine ${engine}`, ...(isNew ? ['newcomers'] : [])]) counts.set(crowd, countOf(crowd) + 1)
  }
  for (const one of keeping) count(one)
  const chosen: Name[] = []
  const crowding: Name[] = []
  const newcomers: Name[] = []
  for (const candidate of ranked) {
    const { peer, domain, engine } = candidate
    if (candidate.isNewcomer && countOf('newcomers') >= limits.newcomers) newcomers.push(peer)
    else if (countOf(`domain ${domain}`) >= limits.domain || countOf(`engine ${engine}`) >= limits.engine) crowding.push(peer)
    else {
      count(candidate)
      chosen.push(peer)
    }
  }
  return [...chosen, ...crowding, ...newcomers]
}

/**
 * Tells whether little is known of a peer that was first met at `metAt`, undefined for never, and that so conducted itself: it may be one of
 * many names of one person, and what it claims to keep has hardly been looked at. Times are Unix milliseconds.
 * Source: SPEC.md PLC2.
 */
export function isNewcomer(metAt: number | undefined, { checks }: Pick<Conduct, 'checks'>, now: number): boolean {
  return metAt === undefined || now - metAt < NEWCOMER_MS || checks.length < NEWCOMER_CHECKS
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

/** The logarithm of draw^(1 / weight), which would be 0 for all small weights. */
function keyOf({ draw, weight }: Candidate<string>): number {
  return Math.log(Math.max(draw, Number.MIN_VALUE)) / Math.max(weight, LEAST_WEIGHT)
}
