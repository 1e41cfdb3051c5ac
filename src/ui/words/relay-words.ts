import { relayAddressExample } from '../../core/relay-address.ts'
import type { Sentences } from './words.ts'

/** The words about relays. */
export const relayWords = {
  what: 'A relay introduces people to each other. No file passes through it.',
  none: 'None known yet.',
  added: 'Relay added',
  remembered: 'This device remembers it.',
  removed: 'Relay removed',
  notUsed: 'This device no longer uses it.',
  noAddress: 'This is not the address of a relay, so nobody is asked',
  another: 'Another relay answers at this address. Ask for the new address',
  trying: 'Not reached, trying again',
  byYou: ', added by you',
  title: 'Relays',
  remove: 'Remove',
  address: 'Relay address',
  connecting: 'Connecting',
  add: 'Add relay',
  connected: 'Connected',
} as const

/** Names the button that removes the relay at `address`. */
export function sayRemove(address: string): string {
  return `Remove relay ${address}`
}

/** The sentences for a text that is no address of a relay. */
export const noAddress: Sentences = {
  what: 'That is not the address of a relay.',
  means: 'An address begins with a slash and names a host, a port and ws, as the relay prints it.',
  then: `It looks like this: ${relayAddressExample}`,
}
