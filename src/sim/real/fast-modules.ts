import { registerHooks } from 'node:module'

/** Modules of core, and those that stand in for them. */
const fastByModule = new Map(
  [['../../core/signature.ts', './fast-signature.ts']].map(
    (pair) => pair.map((path) => new URL(path, import.meta.url).href) as [string, string],
  ),
)

/** From now on modules that are imported for the first time get the platform's signatures in place of those of core. */
export function useFastModules(): void {
  registerHooks({
    resolve(specifier, context, next) {
      const found = next(specifier, context)
      const fast = fastByModule.get(found.url)
      return fast === undefined ? found : { ...found, url: fast }
    },
  })
}
