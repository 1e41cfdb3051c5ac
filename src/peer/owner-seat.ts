import type { GroupHost } from '../protocol/group.ts'
import { createChanges } from '../flow/changes.ts'
import type { GroupId } from '../core/ids.ts'
import { HoardError } from '../core/errors.ts'
import type { OwnerHalf } from './open-owner.ts'

/** The owner's half of a peer, which can be closed and opened anew, as another owner, while the other half runs on. */
export interface OwnerSeat extends OwnerHalf {
  /**
   * Closes the owner's half, has `write` change what is on the disk, and opens it again, also when `write` fails.
   * @throws what `write` throws; HoardError 'storage-damaged' | 'storage-unavailable' when it cannot be opened again
   */
  change(write: () => Promise<void>): Promise<void>
}

/** Opens the owner's half by `open`, whose signal ends it. Throws what `open` throws. */
export async function openOwnerSeat(open: (signal: AbortSignal) => Promise<OwnerHalf>, signal: AbortSignal): Promise<OwnerSeat> {
  const moved = createChanges()
  const listeners = new Set<(groupId: GroupId) => void>()
  const sit = async (): Promise<Seated> => {
    const ending = new AbortController()
    const half = await open(AbortSignal.any([signal, ending.signal]))
    const stopWatching = half.compared.watch((groupId) => listeners.forEach((listener) => listener(groupId)))
    ending.signal.addEventListener('abort', stopWatching, { once: true })
    return { half, ending }
  }
  let seated = await sit()
  const now = (): OwnerHalf => seated.half
  type Facets = OwnerHalf['facets']
  const names = Object.keys(now().facets) as (keyof Facets)[]
  const call = (name: keyof Facets, args: readonly unknown[]): unknown =>
    (now().facets[name] as (...given: readonly unknown[]) => unknown)(...args)
  return {
    facets: Object.fromEntries(names.map((name) => [name, (...args: readonly unknown[]) => call(name, args)])) as unknown as Facets,
    contents: () => now().contents(),
    keptElsewhere: () => now().keptElsewhere(),
    view: () => now().view(),
    settled: () => now().settled(),
    compared: {
      all: () => now().compared.all(),
      isKnown: (groupId) => now().compared.isKnown(groupId),
      roll: (groupId) => now().compared.roll(groupId),
      paperMark: (groupId) => now().compared.paperMark(groupId),
      paper: (groupId) => now().compared.paper(groupId),
      claim: (groupId, holder) => now().compared.claim(groupId, holder),
      take: (peer, groupId, news) => now().compared.take(peer, groupId, news),
      watch(listener) {
        listeners.add(listener)
        return () => void listeners.delete(listener)
      },
    },
    checked: {
      rolls: () => now().checked.rolls(),
      descriptorOf: (segmentId, roll) => now().checked.descriptorOf(segmentId, roll),
      noteLook: (roll, holder, piece, look) => now().checked.noteLook(roll, holder, piece, look),
    },
    inFrontOf: (host) => {
      const front = (): GroupHost => now().inFrontOf(host)
      return {
        ...host,
        told: (peer, news) => front().told(peer, news),
        putLog: async (peer, groupId, entries) => front().putLog?.(peer, groupId, entries),
        ...(host.repairing && { repairing: async (peer, said) => front().repairing?.(peer, said) }),
      }
    },
    async care() {
      for (;;) {
        const { half, ending } = seated
        await half.care().catch((error: unknown) => {
          if (signal.aborted || !ending.signal.aborted) throw error
        })
        if (!ending.signal.aborted) return
        if (seated.ending === ending) await moved.next(signal)
      }
    },
    async change(write) {
      seated.ending.abort(new HoardError('stream-closed', { reason: 'another owner' }))
      try {
        await now().settled()
        await write()
      } finally {
        seated = await sit()
        for (const groupId of now().compared.all()) for (const listener of listeners) listener(groupId)
        moved.tell()
      }
    },
  }
}

/** The half that is open now, and what ends it. */
interface Seated {
  readonly half: OwnerHalf
  readonly ending: AbortController
}
