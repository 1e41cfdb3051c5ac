import { registerHooks } from 'node:module'

/** Modules of core, and those that stand in for them. */
const fastByModule = new Map(
  ['bytes', 'encoding', 'labels', 'peer-id-text', 'peer-id', 'signature', 'signed'].map((name) => [
    new URL(`../../core/${name}.ts`, import.meta.url).href,
    new URL(`./fast-${name}.ts`, import.meta.url).href,
  ]),
)

/**
 * From now on modules that are imported for the first time get those of this folder in place of some of core. Each of these does what the
 * other does, to the byte; it may import the one for which it stands.
 */
export function useFastModules(): void {
  registerHooks({
    resolve(specifier, context, next) {
      const found = next(specifier, context)
      const fast = fastByModule.get(found.url)
      return fast === undefined || fast === context.parentURL ? found : { ...found, url: fast }
    },
  })
}
