import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Candidate, choosePlacement, domainOf, isNewcomer } from './placement.ts'

const caps = { perNetwork: 0.25, perEngine: 0.6 }

function candidate(peer: string, fields: Partial<Candidate<string>> = {}): Candidate<string> {
  return { peer, weight: 0.5, domain: peer, engine: peer, isInSet: false, isPartner: false, isNewcomer: false, draw: 0.5, ...fields }
}

const someone = fc.record({
  weight: fc.double({ min: 0, max: 1, noNaN: true }),
  domain: fc.constantFrom('a', 'b', 'c'),
  engine: fc.constantFrom('x', 'y'),
  isInSet: fc.boolean(),
  isPartner: fc.boolean(),
  isNewcomer: fc.boolean(),
  draw: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
})
const crowd = fc.array(someone, { maxLength: 40 }).map((people) => people.map((fields, at) => candidate(`p${at}`, fields)))

describe('whom to ask', () => {
  it('[PLC1] the set first, then partners, then by weighted draw', () => {
    const order = choosePlacement(
      [
        candidate('never there', { weight: 0.01, draw: 0.9 }),
        candidate('often there', { weight: 0.9, draw: 0.5 }),
        candidate('partner', { isPartner: true, draw: 0.01 }),
        candidate('in the set', { isInSet: true, draw: 0.01 }),
        candidate('both', { isInSet: true, isPartner: true, draw: 0 }),
      ],
      8,
      caps,
    )
    expect(order).toEqual(['both', 'in the set', 'partner', 'often there', 'never there'])
  })

  it('[PLC1] somebody with twice the weight comes first twice as often', () => {
    const draws = 400
    let first = 0
    for (let a = 0; a < draws; a++) {
      for (let b = 0; b < draws; b++) {
        const [steady, seldom] = [
          candidate('steady', { weight: 0.8, draw: (a + 0.5) / draws }),
          candidate('seldom', { weight: 0.4, draw: (b + 0.5) / draws }),
        ]
        if (choosePlacement([seldom, steady], 8, caps)[0] === 'steady') first++
      }
    }
    expect(first / draws ** 2).toBeCloseTo(2 / 3, 2)
  })

  it('[PLC2] everybody is named once, whatever the caps', () => {
    fc.assert(
      fc.property(crowd, fc.integer({ min: 1, max: 32 }), fc.double({ min: 0, max: 1, noNaN: true }), (people, wanted, share) => {
        const order = choosePlacement(people, wanted, { perNetwork: share, perEngine: share })
        return order.length === people.length && new Set(order).size === people.length
      }),
    )
  })

  it('[PLC2] nobody crowds a domain, an engine or the newcomers, with those that keep already, until all others were named', () => {
    fc.assert(
      fc.property(crowd, crowd, fc.integer({ min: 1, max: 32 }), (people, keeping, wanted) => {
        const order = choosePlacement(people, wanted, caps, keeping)
        const byName = new Map(people.map((person) => [person.peer, person]))
        const limits = { domain: caps.perNetwork, engine: caps.perEngine, newcomer: 0.1 }
        const named = [...keeping]
        const isOver = order.map((peer) => {
          const person = byName.get(peer) ?? candidate(peer)
          const others = {
            domain: named.filter(({ domain }) => domain === person.domain).length,
            engine: named.filter(({ engine }) => engine === person.engine).length,
            newcomer: person.isNewcomer ? named.filter(({ isNewcomer }) => isNewcomer).length : -1,
          }
          const over = (['domain', 'engine', 'newcomer'] as const).some((of) => others[of] >= Math.max(1, Math.floor(limits[of] * wanted)))
          if (!over) named.push(person)
          return over
        })
        return isOver.every((over, at) => !over || isOver.slice(at).every(Boolean))
      }),
    )
  })

  it('[PLC2] a crowd in one network goes on being asked when there is nobody else', () => {
    const family = ['a', 'b', 'c', 'd', 'e'].map((peer, at) => candidate(peer, { domain: 'home', draw: 0.9 - at / 10 }))
    const order = choosePlacement([...family, candidate('far away', { draw: 0.01 })], 8, caps)
    expect(order).toEqual(['a', 'b', 'far away', 'c', 'd', 'e'])
  })

  it('[PLC2] a peer that keeps a shard of the segment already counts in the crowd', () => {
    const family = ['a', 'b', 'c'].map((peer, at) => candidate(peer, { domain: 'home', draw: 0.9 - at / 10 }))
    const keeping = [candidate('at home', { domain: 'home' })]
    expect(choosePlacement([...family, candidate('far away', { draw: 0.01 })], 8, caps, keeping)).toEqual(['a', 'far away', 'b', 'c'])
  })

  it('[PLC2] one in ten may be a newcomer while others are there', () => {
    const names = ['a', 'b', 'c'].map((peer, at) => candidate(peer, { isNewcomer: true, draw: 0.9 - at / 10 }))
    expect(choosePlacement([...names, candidate('known', { draw: 0.01 })], 8, caps)).toEqual(['a', 'known', 'b', 'c'])
    expect(choosePlacement([...names, candidate('known', { draw: 0.01 })], 32, caps)).toEqual(['a', 'b', 'c', 'known'])
  })

  it('[PLC2] newcomers beyond their share come behind all others, also behind those that crowd a network', () => {
    const family = ['a', 'b', 'c'].map((peer, at) => candidate(peer, { domain: 'home', draw: 0.3 - at / 10 }))
    const names = ['x', 'y', 'z'].map((peer, at) => candidate(peer, { isNewcomer: true, draw: 0.9 - at / 10 }))
    expect(choosePlacement([...names, ...family], 8, caps)).toEqual(['x', 'a', 'b', 'c', 'y', 'z'])
  })

  it('[PLC2] of 300 names that came in an hour one in ten gets something while n others are there', () => {
    fc.assert(
      fc.property(
        fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true })),
        fc.constantFrom(8, 15, 24, 32),
        (draws, n) => {
          const drawn = (peer: string, isNew: boolean) =>
            candidate(peer, { isNewcomer: isNew, draw: draws.next().value ?? 0, weight: isNew ? 1 : 0.1 })
          const people = [true, false].flatMap((isNew) => Array.from({ length: 300 }, (_, at) => drawn(`${isNew} ${at}`, isNew)))
          const asked = choosePlacement(people, n, caps).slice(0, n)
          return asked.filter((peer) => peer.startsWith('true')).length <= Math.max(1, Math.floor(n / 10))
        },
      ),
      { numRuns: 20 },
    )
  })

  it('[PLC2] a newcomer was met within a day, or proved fewer than three shards', () => {
    const checks = (count: number) => ({ checks: Array.from({ length: count }, (_, at) => ({ shard: String(at), at: 0 })) })
    const day = 86_400_000
    expect([isNewcomer(0, checks(3), day), isNewcomer(0, checks(4), day)]).toEqual([false, false])
    expect([isNewcomer(0, checks(2), day), isNewcomer(0, checks(4), day - 1), isNewcomer(undefined, checks(4), day)]).toEqual([
      true,
      true,
      true,
    ])
  })

  it('[PLC1] small weights are told apart, and a draw of 0 is a draw', () => {
    const people = [
      candidate('never', { weight: 0, draw: 0 }),
      candidate('seldom', { weight: 1e-4 }),
      candidate('rarely', { weight: 1e-6 }),
    ]
    expect(choosePlacement(people, 8, caps)).toEqual(['seldom', 'rarely', 'never'])
  })
})

describe('a domain of failure', () => {
  it.each([
    ['/ip4/203.0.113.7/udp/4001/webrtc-direct', '203.0.113'],
    ['/ip4/203.0.113.250', '203.0.113'],
    ['/ip4/172.32.0.1/tcp/1/ws', '172.32.0'],
    ['/ip6/2a01:4f8:c17:1::7/tcp/1/ws', '2a01:4f8:c17'],
    ['/ip6/2A01:04F8:0c17:2:3:4:5:6/tcp/1/ws', '2a01:4f8:c17'],
    ['/ip6/2600:3c00::f03c:91ff/tcp/1/ws', '2600:3c00:0'],
    ['/ip6/2600:3c00:0:9::1/tcp/1/ws', '2600:3c00:0'],
    ['/ip6/::ffff:203.0.113.7/tcp/1/ws', '203.0.113'],
  ])('[PLC3] %s is in %s', (address, domain) => {
    expect(domainOf('somebody', address)).toBe(domain)
  })

  it.each([
    '/ip4/127.0.0.1/tcp/1/ws',
    '/ip4/10.1.2.3/tcp/1/ws',
    '/ip4/172.16.0.1/tcp/1/ws',
    '/ip4/192.168.1.1/tcp/1/ws',
    '/ip4/169.254.1.1/tcp/1/ws',
    '/ip4/1.2.3/tcp/1/ws',
    '/ip4/1.2.3.999/tcp/1/ws',
    '/ip6/::1/tcp/1/ws',
    '/ip6/fe80::1/tcp/1/ws',
    '/ip6/fd12:3456:789a::1/tcp/1/ws',
    '/ip6/::ffff:10.0.0.1/tcp/1/ws',
    '/dns4/example.org/tcp/443/wss',
    '/memory/anybody',
    'nonsense',
    '',
  ])('[PLC3] %s says nothing', (address) => {
    expect(domainOf('somebody', address)).toBe('somebody')
  })
})
