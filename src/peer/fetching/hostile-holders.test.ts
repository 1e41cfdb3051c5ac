import { expect, test } from 'vitest'
import { createReading, type Answering, type HolderOnLine, type Reading } from '../../sim/readers.rig.ts'
import { sendMessage } from '../../protocol/conversation.ts'
import type { SentLeaves } from '../../protocol/fetch-shard.ts'
import { shardAnswers } from '../../protocol/shard-messages.ts'
import type { Wire } from '../../protocol/wire.ts'

const MIB = 1024 * 1024
const LEAF_BYTES = 65_536
const FRAME_BYTES = 16_384
const [HOUR_MS, DAY_MS] = [3_600_000, 86_400_000]
/** Bytes per second of 1 Mbit/s. */
const MBIT = 125_000
const HOLDERS = 10
const line = { up: 10 * MBIT, down: 50 * MBIT, delayMs: 10 }

/** What a bad holder does, and whether that proves a lie. */
interface Attack {
  readonly name: string
  readonly isLie: boolean
  readonly answering: Answering
  /** How long a small file may take of six such holders, for those that could hold it up; milliseconds. */
  readonly mostMs?: number
}

const attacks: readonly Attack[] = [
  { name: 'announces a byte more than was asked for', isLie: true, answering: sends(({ bytes, proof }) => more(bytes, proof)) },
  { name: 'sends sixteen leaves', isLie: true, answering: sends(({ proof }) => ({ bytes: new Uint8Array(16 * LEAF_BYTES), proof })) },
  { name: 'sends a byte less', isLie: true, answering: sends(({ bytes, proof }) => ({ bytes: bytes.subarray(1), proof })) },
  { name: 'says that no bytes follow', isLie: true, answering: sends(({ proof }) => ({ bytes: new Uint8Array(), proof })) },
  { name: 'sends a longer proof', isLie: true, answering: sends(({ bytes, proof }) => ({ bytes, proof: [...proof, new Uint8Array(32)] })) },
  { name: 'sends the leaves of another request', isLie: true, answering: sendsOther('leaves') },
  { name: 'sends the leaves of another shard', isLie: true, answering: sendsOther('shard') },
  { name: 'answers another question', isLie: true, answering: (wire) => sendMessage(wire, shardAnswers, { is: 'has', rows: [] }) },
  { name: 'adds a frame that may begin a message', isLie: true, answering: sendsMore(1, FRAME_BYTES, 1) },
  { name: 'adds a frame longer than a message', isLie: true, answering: sendsMore(1, 2 * LEAF_BYTES, 1) },
  { name: 'adds a frame as if of another version', isLie: false, answering: sendsMore(1, FRAME_BYTES, 2) },
  { name: 'adds 5 MiB', isLie: false, answering: sendsMore(80, LEAF_BYTES, 2) },
  { name: 'refuses', isLie: false, answering: (wire) => sendMessage(wire, shardAnswers, { is: 'refused', refusal: 'UNKNOWN' }) },
  { name: 'drops the stream', isLie: false, answering: async (wire) => wire.abort() },
  { name: 'never answers', isLie: false, answering: () => new Promise(() => undefined), mostMs: 15_000 },
  { name: 'sends leaf by leaf, 9 s between them', isLie: false, answering: trickles(LEAF_BYTES, 9_000), mostMs: 15_000 },
  { name: 'sends frames of 1 KiB, one in a second', isLie: true, answering: trickles(1024, 1_000), mostMs: 15_000 },
  { name: 'sends frames of one byte, one in 9 s', isLie: true, answering: trickles(1, 9_000), mostMs: 15_000 },
  { name: 'sends empty frames', isLie: true, answering: sendsNothing, mostMs: 15_000 },
  { name: 'sends frame by frame, 9 s between them', isLie: false, answering: trickles(FRAME_BYTES, 9_000), mostMs: 60_000 },
]

test.each(attacks)('[LIE1] four of ten holders are bad, and each $name: a file is read, and only liars are called so', async (attack) => {
  const reading = readingOf(4, attack.answering)
  const { ms, isExact, mostBytes } = await reading.read(4)
  expect(isExact).toBe(true)
  expect(ms).toBeLessThan(15_000)
  expect(mostBytes).toBeLessThan(4 * MIB)
  expect([...reading.liars].toSorted()).toEqual(attack.isLie ? reading.holders.slice(0, 4).toSorted() : [])
  expect(blamed(reading, 4)).toEqual([])
  expect(Math.min(...reading.sentBy().slice(4))).toBeGreaterThan(2 * LEAF_BYTES)
})

const delays = attacks.filter(({ mostMs }) => mostMs !== undefined)
test.each(delays)('[FET7] six of ten holders are bad, and each $name: a small file is read in time', async (attack) => {
  const reading = readingOf(6, attack.answering)
  const { ms, isExact, mostBytes } = await reading.read(1)
  expect(isExact).toBe(true)
  expect(ms).toBeLessThan(attack.mostMs ?? 0)
  expect(mostBytes).toBeLessThan(4 * MIB)
  expect(reading.liars.size > 0).toBe(attack.isLie)
  expect(blamed(reading, 6)).toEqual([])
})

test('[LIE3] liars are not read from, even while too few others send', async () => {
  const liar = { ...line, conduct: 'lies' } as const
  const reading = createReading({ k: 2, stripes: 1, line, holders: [liar, liar, line, line], mostMs: 120_000 })
  expect((await reading.read(1)).isExact).toBe(true)
  expect([...reading.liars].toSorted()).toEqual(reading.holders.slice(0, 2).toSorted())
  const before = reading.sentBy().slice(0, 2)
  const stuck = reading.holders.slice(3)
  for (const peer of stuck) reading.lines.set(peer, { ...line, up: 0 })
  void reading.clock.wait(60_000).then(() => stuck.forEach((peer) => reading.lines.set(peer, line)))
  const { ms, isExact } = await reading.read(1)
  expect(isExact).toBe(true)
  expect(ms).toBeGreaterThan(55_000)
  expect(reading.sentBy().slice(0, 2)).toEqual(before)
})

test('[LIE1] a holder whose line carries 1 KiB in a second is no liar', async () => {
  const reading = createReading({ k: 2, stripes: 1, line, holders: holdersOf(4, { ...line, up: 1024 }), mostMs: 60_000 })
  const { ms, isExact } = await reading.read(4)
  expect(isExact).toBe(true)
  expect(ms).toBeLessThan(15_000)
  expect(reading.liars.size).toBe(0)
  expect(blamed(reading, 4)).toEqual([])
})

test.each([
  ['all are no way off', 0, 0],
  ['one is no way off', 0, 10],
  ['one is a minute away', 30_000, 10],
])('[FET6] of ten holders %s: a file is read in time, and nobody else is blamed', async (_name, first, others) => {
  const near = { ...line, delayMs: others }
  const reading = createReading({ k: 2, stripes: 1, line: near, holders: holdersOf(1, { ...line, delayMs: first }, near), mostMs: 60_000 })
  const { ms, isExact } = await reading.read(6)
  expect(isExact).toBe(true)
  expect(ms).toBeLessThan(4_000)
  expect(reading.liars.size).toBe(0)
  expect(blamed(reading, 1)).toEqual([])
})

test('[LIE1] holders that are all a minute away are no liars, and are read from once they are near', async () => {
  const reading = createReading({ k: 2, stripes: 1, line, holders: holdersOf(HOLDERS, { ...line, delayMs: 30_000 }), mostMs: 180_000 })
  void reading.clock.wait(120_000).then(() => reading.holders.forEach((peer) => reading.lines.set(peer, line)))
  const { ms, isExact, mostBytes } = await reading.read(2)
  expect(isExact).toBe(true)
  expect(ms).toBeGreaterThan(120_000)
  expect(ms).toBeLessThan(140_000)
  expect(mostBytes).toBeLessThan(4 * MIB)
  expect(reading.liars.size).toBe(0)
})

test.each([
  // Without a jump the read takes 3,145 ms.
  { name: 'the date jumps on by 400 days', dateMs: 400 * DAY_MS, ranMs: 0, sleptMs: 0, mostMs: 3_300 },
  { name: 'the date jumps back by 400 days', dateMs: -400 * DAY_MS, ranMs: 0, sleptMs: 0, mostMs: 3_300 },
  { name: 'the device sleeps for an hour', dateMs: 0, ranMs: 0, sleptMs: HOUR_MS, mostMs: 3_300 },
  // The rates of the lines are learnt anew within a second or two.
  { name: 'the running time jumps on by an hour', dateMs: 0, ranMs: HOUR_MS, sleptMs: 0, mostMs: 5_000 },
])('[FET7] $name in a read: nobody is late for it, and all holders give their shares again', async (jump) => {
  let state: 'before' | 'soon' | 'after' = 'before'
  const upsMbit = [2, 3, 4, 5, 6, 7]
  const reading = createReading({
    k: 2,
    stripes: 1,
    line,
    holders: upsMbit.map((up) => ({ ...line, up: up * MBIT })),
    mostMs: 60_000,
    clockOf: (clock) => ({
      ...clock,
      now: () => clock.now() + (state === 'after' ? jump.dateMs : 0),
      ran: () => clock.ran() + (state === 'after' ? jump.ranMs : 0),
      // The reader looks around first thing after the jump, before anything can have come.
      async wait(...args) {
        await clock.wait(...args)
        if (state !== 'soon') return
        state = 'after'
        clock.sleep(jump.sleptMs)
      },
    }),
  })
  let before: readonly number[] = []
  const { ms, isExact, mostBytes } = await reading.read(18, (pass) => {
    if (pass === 5) state = 'soon'
    if (pass === 11) before = reading.sentBy()
  })
  expect(state).toBe('after')
  expect(isExact).toBe(true)
  expect(ms).toBeLessThan(jump.mostMs)
  expect(mostBytes).toBeLessThan(24 * MIB)
  expect(blamed(reading, 0)).toEqual([])
  const later = reading.sentBy().map((sent, at) => sent - (before[at] ?? 0))
  const total = later.reduce((sum, sent) => sum + sent, 0)
  for (const [at, up] of upsMbit.entries()) {
    expect((later[at] ?? 0) / total, `holder of ${up} Mbit/s`).toBeGreaterThan((0.5 * up) / 27)
  }
})

/** Returns a reader of whose ten holders the first `bad`, which keep the slices of data, answer by `answering`. */
function readingOf(bad: number, answering: Answering): Reading {
  return createReading({ k: 2, stripes: 1, line, holders: holdersOf(bad, { ...line, conduct: answering }), mostMs: 120_000 })
}

function holdersOf(count: number, special: HolderOnLine, others: HolderOnLine = line): readonly HolderOnLine[] {
  return Array.from({ length: HOLDERS }, (_, at) => (at < count ? special : others))
}

/** Returns the holders beside the first `bad` that were called liars, or counted as failing. */
function blamed({ holders, liars, failed }: Reading, bad: number): readonly number[] {
  const good = [...holders.entries()].slice(bad)
  return good.flatMap(([at, peer]) => (liars.has(peer) || (failed.get(peer) ?? 0) > 0 ? [at] : []))
}

/** Answers with the truth, changed by `change`. */
function sends(change: (truth: SentLeaves) => SentLeaves): Answering {
  return (wire, request, truth) => sendLeaves(wire, change(truth(request)))
}

/** Answers with what would be true of other leaves, or of another shard. */
function sendsOther(other: 'leaves' | 'shard'): Answering {
  return (wire, { index, ranges: [asked = { first: 0, count: 1 }] }, truth) => {
    const { first, count } = asked
    const moved = { first: first >= count ? first - count : first + count, count }
    return sendLeaves(wire, truth(other === 'shard' ? { index: index + 1, ranges: [asked] } : { index, ranges: [moved] }))
  }
}

/** Answers with the truth, and then sends `count` frames of `bytes` bytes that nobody asked for; each byte is `value`. */
function sendsMore(count: number, bytes: number, value: number): Answering {
  return async (wire, request, truth) => {
    await sendLeaves(wire, truth(request))
    for (let at = 0; at < count; at++) await wire.writeFrame(new Uint8Array(bytes).fill(value))
  }
}

/** Says how many bytes follow, and sends empty frames for ever. */
async function sendsNothing(...[wire, request, truth, clock]: Parameters<Answering>): Promise<void> {
  const { bytes, proof } = truth(request)
  await sendMessage(wire, shardAnswers, { is: 'leaves', length: bytes.length, proofs: [proof] })
  for (;;) {
    await wire.writeFrame(new Uint8Array())
    await clock.wait(1_000)
  }
}

/** Answers with the truth in frames of `frameBytes` bytes, and waits for `ms` after each. */
function trickles(frameBytes: number, ms: number): Answering {
  return (wire, request, truth, clock) => sendLeaves(wire, truth(request), frameBytes, () => clock.wait(ms))
}

function more(bytes: Uint8Array, proof: SentLeaves['proof']): SentLeaves {
  const longer = new Uint8Array(bytes.length + 1)
  longer.set(bytes)
  return { bytes: longer, proof }
}

async function sendLeaves(
  wire: Wire,
  { bytes, proof }: SentLeaves,
  frameBytes = FRAME_BYTES,
  rest: () => Promise<void> = async () => undefined,
): Promise<void> {
  await sendMessage(wire, shardAnswers, { is: 'leaves', length: bytes.length, proofs: [proof] })
  for (let at = 0; at < bytes.length; at += frameBytes) {
    await wire.writeFrame(bytes.subarray(at, at + frameBytes))
    await rest()
  }
}
