import type { PersonView } from '../../peer/index.ts'
import { sayCount } from './figures.ts'

/** The words of the People screen. */
export const peopleWords = {
  title: 'People',
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
  picture: 'Picture of the people around you',
  everybody: 'Everybody',
  steady: 'Steady people were here half of the time or more, as far as this device saw. Of newcomers that is not known yet.',
  nothingYet: 'nothing yet',
  person: 'Person',
  keepsForYou: 'Keeps for you',
  youKeep: 'You keep',
  line: 'Line',
  sent: 'Sent',
  received: 'Received',
  answersIn: 'Answers in',
  away: 'Away',
  direct: 'Direct',
  relayed: 'Relayed',
} as const

/** Returns how many people there are and how many of them are steady. */
export function sayPeople(people: readonly Pick<PersonView, 'isSteady'>[]): string {
  return `${sayCount(people.length, 'person', 'people')}, ${people.filter(({ isSteady }) => isSteady).length} steady`
}

/** Returns a latency. */
export function sayMs(ms: number): string {
  return `${Math.round(ms)} ms`
}

/** Says what the picture of `count` people shows. */
export function sayPicture(count: number, keep: number, indirect: number): string {
  return `${sayCount(count, 'person', 'people')} around you. ${keep} keep something of yours, ${indirect} have no direct line to you now.`
}
