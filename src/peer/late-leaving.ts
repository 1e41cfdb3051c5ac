import type { HandoverStep, HandoverView } from './api/peer.ts'
import type { LoadedLeaving } from './late-parts.ts'
import { openLate } from './open-late.ts'
import type { HandOver, LeavingAsked } from './leaving/hand-over.ts'

/** Handing over as a peer sees it. */
export interface LateLeaving {
  /** Returns how it goes; undefined while nobody wishes it. */
  facts(): HandoverView | undefined
  /** Does as the person says. Throws what loading throws, and the catalog. */
  step(step: HandoverStep): Promise<void>
  /** Goes on with the wish of an earlier run, where there is one. */
  resume(signal: AbortSignal): Promise<void>
}

/** Returns the handing over of this device, which `load` loads once somebody wishes it. */
export function createLateLeaving(asked: LeavingAsked, load: () => Promise<LoadedLeaving>, closing: AbortSignal): LateLeaving {
  const { clock, catalog } = asked.parts
  let opening: Promise<HandOver> | undefined
  let opened: HandOver | undefined

  const open = async (): Promise<HandOver> => {
    opening ??= load().then(async (module) => (opened = await module.openHandOver(asked, closing)))
    try {
      return await opening
    } catch (error) {
      opening = undefined
      throw error
    }
  }

  return {
    facts: () => opened?.facts(),
    step: async (step) => (await open()).step(step),
    async resume(signal) {
      if ((await catalog.get('self', 'leaving')) === undefined) return
      await openLate(
        open,
        async (handOver) => handOver,
        (ms) => clock.wait(ms, { signal }),
      )
    },
  }
}
