import { expect, test } from 'vitest'
import { createCircuitLimits, type CircuitEnds } from './circuit-limits.ts'

const DIAL_BYTES = 10_000
const MiB = 1_048_576

test('[CIR1] a peer that starts meets a hundred others, a called one eight hundred', () => {
  const { dial } = limitsAt()
  for (let at = 0; at < 100; at++) expect(dial({ caller: 'newcomer', called: `peer ${at}` }, DIAL_BYTES)).toBe(true)
  for (let at = 0; at < 800; at++) expect(dial({ caller: `caller ${at}`, called: 'known' }, DIAL_BYTES)).toBe(true)
})

test.each([
  ['a few large circuits', 110_000],
  ['many small ones', 1_000],
  ['empty ones', 0],
])('[CIR1] whoever tunnels gets a mebibyte and 2 KiB a second, by %s', (_what, bytes) => {
  const { dial, pass } = limitsAt()
  let carried = 0
  for (let second = 0; second < 3_600; second++, pass(1_000)) {
    for (let at = 0; at < 20; at++) if (dial({ caller: 'tunnel', called: 'far end' }, bytes)) carried += bytes
  }
  expect(carried).toBeLessThanOrEqual(MiB + 3_600 * 2_048 + 110_000)
})

test('[CIR1] many callers of one accomplice, or of one network, have eight times as much together', () => {
  for (const ends of [
    (at: number) => ({ caller: `identity ${at}`, called: 'far end' }),
    (at: number) => ({ caller: `identity ${at}`, called: `far end ${at}`, network: '203.0.113' }),
    (at: number) => ({ caller: `identity ${at}`, called: `far end ${at}`, network: '2001:db8:7' }),
  ]) {
    const { dial } = limitsAt()
    let carried = 0
    for (let at = 0; at < 1_000; at++) if (dial(ends(at), 110_000)) carried += 110_000
    expect(carried).toBeLessThanOrEqual(8 * MiB + 110_000)
  }
})

test('[CIR1] loopback and private addresses are no network, but their peers have limits like all', () => {
  const { dial } = limitsAt()
  let carried = 0
  for (let at = 0; at < 100; at++) if (dial({ caller: 'tunnel', called: `far end ${at}` }, 110_000)) carried += 110_000
  expect(carried).toBeLessThanOrEqual(MiB + 110_000)
})

test('[CIR1] so many circuits are open at once, and one that has spent too much has to end', () => {
  const { limits } = limitsAt()
  const ends = { caller: 'a', called: 'b', network: 'a' }
  const open = Array.from({ length: 64 }, () => limits.open(ends))
  expect(limits.allows(ends)).toBe(false)
  open[0]?.close()
  open[0]?.close()
  expect(limits.allows(ends)).toBe(true)
  expect(open[1]?.spend(MiB - 1)).toBe(true)
  expect(open[1]?.spend(1)).toBe(false)
  expect(open[2]?.spend(1)).toBe(false)
})

test('[CIR1] a hundred thousand callers that come and go leave nothing that grows, and open circuits are not forgotten', () => {
  const { limits, dial } = limitsAt()
  const ends = { caller: 'tunnel', called: 'far end', network: 'tunnel' }
  const circuit = limits.open(ends)
  circuit.spend(2 * MiB)
  for (let at = 0; at < 100_000; at++) dial({ caller: `caller ${at}`, called: `called ${at}` }, 0)
  expect(limits.allows(ends)).toBe(false)
})

function limitsAt() {
  let now = 0
  const limits = createCircuitLimits(() => now)
  return {
    limits,
    pass: (ms: number) => void (now += ms),
    /** Opens a circuit, lets bytes through it and closes it; false when it is refused. */
    dial({ caller, called, network = caller }: Omit<CircuitEnds, 'network'> & { readonly network?: string }, bytes: number): boolean {
      const ends = { caller, called, network }
      if (!limits.allows(ends)) return false
      const circuit = limits.open(ends)
      circuit.spend(bytes)
      circuit.close()
      return true
    },
  }
}
