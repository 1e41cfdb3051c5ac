import { nextTurn } from '../adapters/memory/turn.ts'

/** A WebCrypto whose calls under way are counted. */
export interface BusySubtle {
  readonly subtle: SubtleCrypto
  readonly inFlight: () => number
  /** Resolves once everything that can run without time passing has run, and no call is under way. */
  settled(): Promise<void>
}

/** Returns a WebCrypto that counts its calls under way. */
export function createBusySubtle(real: SubtleCrypto): BusySubtle {
  let busy = 0
  const subtle = new Proxy(real, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name)
      if (typeof method !== 'function') return method
      return async (...args: readonly unknown[]): Promise<unknown> => {
        busy++
        try {
          return await Reflect.apply(method, target, args)
        } finally {
          busy--
        }
      }
    },
  })
  return {
    subtle,
    inFlight: () => busy,
    async settled() {
      do await nextTurn()
      while (busy > 0)
    },
  }
}
