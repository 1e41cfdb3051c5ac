/** Returns the name of this browser's engine: all browsers of one engine fail together when its vendor ships a bad release. */
export function detectEngine(): 'firefox' | 'safari' | 'chromium' {
  const { userAgent } = navigator
  if (/Firefox\//.test(userAgent)) return 'firefox'
  if (/AppleWebKit\//.test(userAgent) && !/Chrom(e|ium)\//.test(userAgent)) return 'safari'
  return 'chromium'
}

/** Tells whether this is a phone: it has little room and sleeps most of the day, so it should relay for nobody. */
export function isPhone(): boolean {
  return /Android.*Mobile|iPhone|iPod/.test(navigator.userAgent)
}
