/** What the first visit reads. */
export const welcomeWords = {
  many: 'Many keep it.',
  only: 'Only you open it.',
  drop: 'Drop a file here. It is encrypted here, then kept in pieces by other people. A few pieces are enough to get it back.',
  nobodyReads: 'Nobody else can read it',
  keyStays: 'The key stays on this device. The people who keep your pieces cannot read them.',
  noSignUp: 'Nothing to sign up for',
  noAccount: 'No account and no company. Drop a file to start.',
  share: 'Share it with a link',
  linkOpens: 'A link opens in any browser, even while this device is off. Only the link has the key.',
} as const
