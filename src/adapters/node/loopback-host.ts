/**
 * Tells whether `host`, the Host header of a request, names this machine itself. A server for this machine alone answers no other host: a
 * stranger's page whose name points at 127.0.0.1 (DNS rebinding) could otherwise read it as its own.
 */
export function isLoopbackHost(host: string | undefined): boolean {
  const name = /^(\[[0-9a-f:.]+\]|[^:/\s[\]]+)(?::\d{1,5})?$/i.exec(host ?? '')?.[1]?.toLowerCase() ?? ''
  return name === 'localhost' || name.endsWith('.localhost') || name === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(name)
}
