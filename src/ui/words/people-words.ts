/** The words of the People screen. */
export const peopleWords = {
  lede: 'These people keep your pieces, or could. They cannot read them.',
  checking: 'Checking who is here.',
  nobody: 'Nobody yet. This page keeps looking. Files you add wait on this device and upload automatically.',
  cannotConnect: 'When two people cannot connect',
  directOnly:
    'Pieces travel only over a direct connection between two devices. Some networks block it, mostly at work, in hotels and on some phones. Nothing is lost: others are asked instead.',
  anotherNetwork: 'Try another network. A phone as a hotspot for one of the two is usually enough.',
  vpn: 'Switch off a VPN or proxy for this page, or allow UDP in the firewall.',
  addRelay: 'If nobody shows a direct connection, add a relay above that your network reaches.',
  wait: 'If you wait for a file, keep its page open. It continues when somebody with pieces can be reached.',
  lied: 'Sent wrong bytes, not asked',
  keepsYours: 'keeps something of yours',
  noLine: 'no direct line now',
  nearer: 'nearer answers faster',
} as const
