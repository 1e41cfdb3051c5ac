import { sayBytes, sayCount, sayTimeLeft } from './figures.ts'

/** The words of stopping to give and handing over what is kept. */
export const handoverWords = {
  title: 'Stop giving',
  offer: 'Your pieces can go to other people before you stop, so that nobody loses anything.',
  begin: 'Stop and hand over',
  isSure: 'Stop and hand over?',
  meanwhile: 'From now on you accept no new pieces. The ones that are still here can be read until somebody else has them.',
  anyTime: 'You can pause, go on after a restart, or change your mind at any time.',
  keepGiving: 'Keep on giving',
  handing: 'Handing over',
  pause: 'Pause',
  goOn: 'Go on',
  paused: 'Paused.',
  tryAgain: 'Try again',
  keepThem: 'Keep them here',
  offered: 'They are offered again from time to time while this page is open.',
  whileGoing: 'You accept no new pieces while you hand over.',
  over: 'You keep nothing for others any more, and nothing new arrives. Turn the switch on to give again.',
} as const

/** Says what is about to happen, and about how long it takes at `bytesPerSecond`; a rate of 0 is not known. */
export function sayHandover(pieces: number, bytes: number, bytesPerSecond: number): string {
  const what = `${pieces === 1 ? 'Your piece' : `Your ${sayCount(pieces, 'piece')}`} (${sayBytes(bytes)}) ${pieces === 1 ? 'goes' : 'go one by one'} to other people.`
  const time = sayAbout(bytes, bytesPerSecond).replace(/ left$/, '')
  return time === '' ? what : `${what} That takes ${time} while this page is open.`
}

/** Says how far it is: `120 of 2,000 pieces handed over, about 3 h left`. */
export function sayHanded(done: number, pieces: number, bytesLeft: number, bytesPerSecond: number): string {
  const time = sayAbout(bytesLeft, bytesPerSecond)
  return `${sayDone(done, pieces)}${time === '' ? '' : `, ${time}`}`
}

/** Says how many pieces went so far: `120 of 2,000 pieces handed over`. */
export function sayDone(done: number, pieces: number): string {
  return `${done.toLocaleString('en-US')} of ${sayCount(pieces, 'piece')} handed over`
}

/** Says how many pieces nobody takes for now. */
export function sayNobody(pieces: number): string {
  return `${sayCount(pieces, 'piece')} found nobody yet.`
}

/** Says that everything went. */
export function sayAllHanded(pieces: number): string {
  return pieces === 1 ? 'The piece is handed over.' : `All ${sayCount(pieces, 'piece')} are handed over.`
}

function sayAbout(bytes: number, bytesPerSecond: number): string {
  if (bytesPerSecond <= 0) return ''
  const left = sayTimeLeft(bytes / bytesPerSecond)
  return left.startsWith('a ') ? left : `about ${left}`
}
