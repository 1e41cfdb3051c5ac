/** The words of the Give screen. */
export const giveWords = {
  lede: 'You keep pieces for others, and others keep yours. You cannot read them. You can stop at any time.',
  keep: 'Keep pieces for others',
  whileOn: 'You can change this at any time. A lower number removes nothing: you only accept no new pieces.',
  whileOff: 'While this is off you accept no new pieces. You keep the ones you have.',
  kept: 'Kept for others',
  checking: 'Checking what is kept.',
  piecesArrive: 'Pieces arrive when somebody stores a file.',
  sinceOpened: 'Since this page was opened',
  pin: 'Pin this tab to keep it running. You lose nothing while it is closed.',
  offered: 'offered on this device',
  wouldBe: 'would be offered',
} as const
