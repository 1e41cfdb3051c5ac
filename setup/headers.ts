/**
 * The rights of a page of Scatterhoard. People add relays, so any WebSocket address must be allowed; everything else comes from the origin
 * of the page. Previews live in opaque frames made of blobs. Scripts reach workers through one policy object only.
 */
const contentSecurityPolicy = [
  `default-src 'none'`,
  `script-src 'self' 'wasm-unsafe-eval'`,
  `worker-src 'self'`,
  `connect-src 'self' ws: wss:`,
  `img-src 'self' blob: data:`,
  `media-src 'self' blob:`,
  `frame-src 'self' blob:`,
  `style-src 'self'`,
  `font-src 'self'`,
  `manifest-src 'self'`,
  `base-uri 'none'`,
  `form-action 'none'`,
  `frame-ancestors 'none'`,
  `require-trusted-types-for 'script'`,
  `trusted-types scatterhoard`,
].join('; ')

const unusedFeatures = [
  'accelerometer',
  'camera',
  'display-capture',
  'geolocation',
  'gyroscope',
  'magnetometer',
  'microphone',
  'midi',
  'payment',
  'usb',
]

/** Headers of every file of the app, sent by our own server and, through the files the build writes, by any other host. */
export const securityHeaders: Readonly<Record<string, string>> = {
  'Content-Security-Policy': contentSecurityPolicy,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': unusedFeatures.map((feature) => `${feature}=()`).join(', '),
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
}

/** Headers of hosts that speak https: browsers then never ask them by http again, for a year. */
export const hostingHeaders: Readonly<Record<string, string>> = { ...securityHeaders, 'Strict-Transport-Security': 'max-age=31536000' }

/**
 * Returns the Cache-Control value for a path of the app: names under /assets/ carry a hash of their content and never change, everything
 * else must be asked for again. Nobody may keep a path below /s/: when the `#` of a link was encoded on the way, its key is in the path.
 */
export function cacheControlOf(path: string): string {
  if (path.startsWith('/assets/')) return 'public, max-age=31536000, immutable'
  return isLinkPath(path) ? 'no-store' : 'no-cache'
}

/** Tells whether `path` is the page of a received link, with anything that programs on the way have appended. */
export function isLinkPath(path: string): boolean {
  return /^\/s(?![^/%#&])/i.test(path)
}

/** Paths under which the app answers; each gets its own index.html, so that a host without rewrite rules serves them. */
export const routes = ['files', 'give', 'people', 'you', 's'] as const
