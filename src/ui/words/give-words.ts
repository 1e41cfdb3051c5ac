import { sayBytes, sayCount, sayRate } from './figures.ts'

/** The words of the Give screen. */
export const giveWords = {
  title: 'Give',
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
  offer: 'What you offer',
  space: 'Space offered',
  unknown: 'Checking',
  asking: 'checking',
  nothingYet: 'Nothing yet.',
  sent: 'Sent',
  received: 'Received',
} as const

/** Returns a step of the slider, of one GB each. */
export function sayOffer(steps: number): string {
  return `${steps} GB`
}

/** Says how much of an offer counts, and at which rate all of it would. Bytes. */
export function sayCounted(countedBytes: number, offerBytes: number): string {
  const rate = (bytes: number): string => sayRate(bytes / 400_000)
  return (
    `${sayBytes(countedBytes)} of this counts: what this device can send again within five days at ${rate(countedBytes)}, if pieces are lost. ` +
    `All of it would take ${rate(offerBytes)}.`
  )
}

/** Says how many pieces are kept for how many people. */
export function sayKept(pieces: number, owners: number): string {
  return `${sayCount(pieces, 'piece')} for ${sayCount(owners, 'person', 'people')}.`
}

/** Says how much others keep in return. */
export function sayTheyKeep(bytes: number): string {
  return `Others keep ${sayBytes(bytes)} of yours.`
}
