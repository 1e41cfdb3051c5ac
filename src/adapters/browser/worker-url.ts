/** Trusted Types, as far as we use them: TypeScript's own library does not have them yet. */
interface PolicyFactory {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): URL }
}

/** The name that the page's policy `trusted-types` allows. */
const POLICY_NAME = 'scatterhoard'

let policy: { createScriptURL(url: string): URL | string } | undefined

/**
 * Returns `url`, which names a script on this origin, in the form that `new Worker` and `serviceWorker.register` take under
 * `require-trusted-types-for 'script'`. A document may make the policy only once, so no other code does.
 * @throws TypeError when `url` lies on another origin
 */
export function trustedScriptUrl(url: string): URL | string {
  policy ??= createPolicy()
  return policy.createScriptURL(url)
}

function createPolicy(): { createScriptURL(url: string): URL | string } {
  const rules = { createScriptURL: sameOrigin }
  const page: object = globalThis
  return hasTrustedTypes(page) ? page.trustedTypes.createPolicy(POLICY_NAME, rules) : rules
}

function hasTrustedTypes(scope: object): scope is { readonly trustedTypes: PolicyFactory } {
  return 'trustedTypes' in scope && typeof scope.trustedTypes === 'object'
}

function sameOrigin(url: string): string {
  const { href, origin, protocol } = new URL(url, location.href)
  if (origin !== location.origin || !protocol.startsWith('http')) throw new TypeError('scripts come from this origin alone')
  return href
}
