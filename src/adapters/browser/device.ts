/** Returns the name of this browser's engine: what fails together when one vendor ships a bad release. */
export function detectEngine(): 'firefox' | 'safari' | 'chromium' {
  const { userAgent } = navigator
  if (/Firefox\//.test(userAgent)) return 'firefox'
  if (/AppleWebKit\//.test(userAgent) && !/Chrom(e|ium)\//.test(userAgent)) return 'safari'
  return 'chromium'
}

/** Tells whether this is a phone: a client with little room, asleep most of the day, through which nobody should be relayed. */
export function isPhone(): boolean {
  return /Android.*Mobile|iPhone|iPod/.test(navigator.userAgent)
}
