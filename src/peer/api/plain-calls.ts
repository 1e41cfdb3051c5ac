import type { Peer } from './peer.ts'

/** Members of a peer that cannot cross tabs as plain calls: they hand out something that lives on, or concern this tab alone. */
type Special = 'snapshot' | 'watch' | 'openFile' | 'openLink' | 'forgetDevice' | 'close'

/** A call of a peer whose arguments and answer are plain values. */
export type PlainCall = Exclude<keyof Peer, Special>

/** The calls of a peer that are plain, as methods of a peer that is elsewhere. */
export type PlainPeer = Pick<Peer, PlainCall>

/** All of them, by facet: the compiler refuses a table that leaves one out. */
const listed: Record<PlainCall, true> = {
  storeFiles: true,
  pause: true,
  resume: true,
  cancel: true,
  retry: true,
  freeCopy: true,
  remove: true,
  keepers: true,
  counted: true,
  createFolder: true,
  rename: true,
  move: true,
  discard: true,
  putBack: true,
  emptyTrash: true,
  versions: true,
  useVersion: true,
  removeVersion: true,
  share: true,
  stopSharing: true,
  setOffer: true,
  handOver: true,
  setRateLimits: true,
  kept: true,
  addRelay: true,
  removeRelay: true,
  recoveryWords: true,
  noteWordsConfirmed: true,
  devices: true,
  removeDevice: true,
  restore: true,
  restoreEmpty: true,
  endRestore: true,
}

/** Tells whether `name` is a plain call. */
export function isPlainCall(name: string): name is PlainCall {
  return Object.hasOwn(listed, name)
}

/** Returns a peer's plain calls, each passed on to `pass` by its name. */
export function passOn(pass: (name: PlainCall, args: readonly unknown[]) => Promise<unknown>): PlainPeer {
  const calls = Object.keys(listed).filter(isPlainCall)
  const peer = Object.fromEntries(calls.map((name) => [name, (...args: readonly unknown[]) => pass(name, args)]))
  return peer as unknown as PlainPeer
}

/** Calls `name` of `peer`. Throws what it throws. */
export function callPlain(peer: PlainPeer, name: PlainCall, args: readonly unknown[]): Promise<unknown> {
  return (peer[name] as (...given: readonly unknown[]) => Promise<unknown>)(...args)
}
