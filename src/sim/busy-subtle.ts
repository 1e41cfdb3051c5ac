/** Returns a WebCrypto that counts its calls under way. */
export function createBusySubtle(real: SubtleCrypto): { readonly subtle: SubtleCrypto; readonly inFlight: () => number } {
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
  return { subtle, inFlight: () => busy }
}
