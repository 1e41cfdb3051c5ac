import { worstOf, type Need } from '../../core/needs.ts'
import type { Sentences } from './words.ts'

const nothing = 'Nothing can be stored, opened or given here. What this device has stored before stays where it is.'
const reading =
  'You can open a link: the file stays in memory until it is saved, so it can have up to 256 MB. ' +
  'You cannot store files or keep pieces for others, and this tab forgets everything when it closes.'
const current = 'Use a current version of Chrome, Edge, Firefox or Safari.'
const ordinary = 'Open Scatterhoard in an ordinary window, or allow this page to store data.'

const sentences: Readonly<Record<Need, Sentences>> = {
  'secure-context': say(
    'This address does not use https, so the browser switches off encryption and storage for it.',
    nothing,
    'Open the same address with https:// in front.',
  ),
  crypto: say('This browser does not let the page encrypt.', nothing, current),
  workers: say('This browser does not let the page work in the background.', nothing, 'Switch web workers on, or use another browser.'),
  webrtc: say(
    'This browser does not let the page connect to other people.',
    nothing,
    'Switch WebRTC on: an extension or a setting has switched it off. Another browser works too.',
  ),
  storage: say('This browser does not let the page store anything.', reading, ordinary),
  database: say('This browser does not let the page keep a database.', reading, ordinary),
  locks: say('This browser cannot keep two tabs of one page apart.', reading, current),
  'tab-channel': say('This browser does not let the tabs of one page talk to each other.', nothing, current),
  'service-worker': say(
    'This browser does not let the page save large files or open without a network.',
    'Everything else works. Files of up to 256 MB can be saved.',
    'Open Scatterhoard in an ordinary window to save larger ones.',
  ),
}

/** Returns the three sentences for the worst of `missing`: what is missing, what still works without it, what to do. */
export function sayMissing(missing: readonly Need[]): Sentences | undefined {
  const worst = worstOf(missing)
  return worst === undefined ? undefined : sentences[worst]
}

function say(what: string, means: string, then: string): Sentences {
  return { what, means, then }
}
