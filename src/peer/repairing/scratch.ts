import { fromHex, hex, type Bytes } from '../../core/bytes.ts'
import { HoardError, ignoreKnownErrors } from '../../core/errors.ts'
import { brandBytes, type SegmentId } from '../../core/ids.ts'
import { deriveKey } from '../../core/labels.ts'
import { mask } from '../../core/mask.ts'
import { createTurn } from '../../flow/turns.ts'
import type { PeerParts } from '../api/peer-parts.ts'

/**
 * Sealed stripes that a repair has fetched, from the first one on, kept for the next try, also over restarts. They are no piece: nobody is
 * told of them. SPEC RPR13.
 */
export interface Scratch {
  /** Returns how many bytes of the segment are here. */
  lengthOf(segmentId: SegmentId): number
  /** Puts bytes at `offset`, a multiple of 16; those written longest ago go where there are too many. Throws what the outbox throws. */
  write(segmentId: SegmentId, offset: number, bytes: Bytes): Promise<void>
  /** Returns `length` bytes from `offset`, a multiple of 16. Throws HoardError 'stream-closed' once they are freed; what the outbox throws. */
  read(segmentId: SegmentId, offset: number, length: number): Promise<Bytes>
  /** Frees the segment. What the disk does not give up now is removed by a sweep. */
  remove(segmentId: SegmentId): Promise<void>
  /** Frees the segments that are too old and not in use, those that are not wanted, and what could not be removed before. */
  sweep(wishes: {
    readonly isWanted: (segmentId: SegmentId) => boolean
    readonly isInUse: (segmentId: SegmentId) => boolean
  }): Promise<void>
  /** Returns the segments of which anything is here. */
  segments(): readonly SegmentId[]
}

/** Most bytes of all segments. SPEC RPR13. */
const SCRATCH_BYTES = 256 * 1024 * 1024
/** For how many lostAfterMs they are kept. SPEC RPR13. */
const KEPT_LOSTS = 3.5
/** The name of a spool of ours: `repair.`, when it began in seconds, and the segment. No content of this owner has such an id. */
const NAME = /^repair\.(\d+)\.([0-9a-f]{64})$/

interface Spool {
  readonly name: string
  readonly beganAt: number
  length: number
}

/** Opens the scratch over the outbox, with what earlier runs left. Throws what the outbox throws. */
export async function openScratch(
  { outbox, clock, policy, storageKey }: Pick<PeerParts, 'outbox' | 'clock' | 'policy' | 'storageKey'>,
  mostBytes = SCRATCH_BYTES,
): Promise<Scratch> {
  const inTurn = createTurn()
  /** By segment, the one written longest ago first; those of earlier runs by their begin. */
  const spools = new Map<string, Spool>()
  /** Bytes of spools that could not be removed, by name: nothing is begun over them, and removing them is tried again. */
  const leftOver = new Map<string, number>()
  const found: Spool[] = []
  for (const { name, length } of await outbox.list()) {
    const [, seconds] = NAME.exec(name) ?? []
    if (seconds !== undefined) found.push({ name, beganAt: Number(seconds) * 1000, length })
  }
  for (const spool of found.toSorted((a, b) => a.beganAt - b.beganAt)) {
    const before = spools.get(segmentOf(spool))
    if (before) leftOver.set(before.name, before.length)
    spools.set(segmentOf(spool), spool)
  }

  const total = (): number =>
    [...spools.values()].reduce((sum, { length }) => sum + length, 0) + [...leftOver.values()].reduce((sum, length) => sum + length, 0)

  async function free(segment: string): Promise<void> {
    const spool = spools.get(segment)
    if (spool === undefined) return
    spools.delete(segment)
    leftOver.set(spool.name, spool.length)
    await removeLeftOver(spool.name)
  }

  async function removeLeftOver(name: string): Promise<void> {
    try {
      await outbox.remove(name)
      leftOver.delete(name)
    } catch (error) {
      ignoreKnownErrors(error)
    }
  }

  function begin(segment: string): Spool {
    const beganAt = clock.now()
    let seconds = Math.floor(beganAt / 1000)
    while (leftOver.has(nameOf(seconds, segment))) seconds++
    const spool = { name: nameOf(seconds, segment), beganAt, length: 0 }
    spools.set(segment, spool)
    return spool
  }

  const keyOf = (segmentId: SegmentId): Bytes => deriveKey(storageKey, 'repair-scratch', segmentId)

  return {
    lengthOf: (segmentId) => spools.get(hex(segmentId))?.length ?? 0,
    write: (segmentId, offset, bytes) =>
      inTurn(async () => {
        const segment = hex(segmentId)
        for (const other of [...spools.keys()]) {
          if (total() + bytes.length <= mostBytes) break
          if (other !== segment) await free(other)
        }
        const spool = spools.get(segment) ?? begin(segment)
        // Last in the order: another repair does not free what is being fetched now.
        spools.delete(segment)
        spools.set(segment, spool)
        // Where the spool was freed meanwhile, the outbox refuses bytes behind its end.
        await outbox.write(spool.name, offset, mask(keyOf(segmentId), offset, bytes))
        spool.length = offset + bytes.length
      }),
    async read(segmentId, offset, length) {
      const spool = spools.get(hex(segmentId))
      if (spool === undefined) throw new HoardError('stream-closed', { reason: 'what was fetched has been freed' })
      return mask(keyOf(segmentId), offset, await outbox.read(spool.name, offset, length))
    },
    remove: (segmentId) => inTurn(() => free(hex(segmentId))),
    sweep: ({ isWanted, isInUse }) =>
      inTurn(async () => {
        const since = clock.now() - KEPT_LOSTS * policy.presence.lostAfterMs
        for (const name of [...leftOver.keys()]) await removeLeftOver(name)
        for (const [segment, { beganAt }] of [...spools]) {
          const isOver = beganAt < since && !isInUse(idOf(segment))
          if (isOver || !isWanted(idOf(segment))) await free(segment)
        }
      }),
    segments: () => Array.from(spools.keys(), idOf),
  }
}

function nameOf(seconds: number, segment: string): string {
  return `repair.${seconds}.${segment}`
}

function segmentOf({ name }: Spool): string {
  return name.slice(-64)
}

function idOf(segment: string): SegmentId {
  return brandBytes<SegmentId>(fromHex(segment))
}
