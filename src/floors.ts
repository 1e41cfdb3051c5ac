/** The imports that a room may make beside its own files, and the parts of the platform that it may touch. */
export interface Room {
  /** Rooms below it, or single files of them. */
  readonly sees: readonly string[]
  /** Rooms of which it may import only types, with the files that it may import them from. */
  readonly seesTypesOf?: Readonly<Record<string, readonly string[]>>
  /** Packages, as patterns; every package when absent. */
  readonly packages?: readonly string[]
  /** Globals of the platform that the room may not use: it must be handed them. */
  readonly without: 'nothing' | 'clock and chance' | 'every platform'
}

const storageAndCoding = ['core', 'ports', 'flow', 'adapters/storage', 'adapters/coding']
const everythingBelow = ['core', 'ports', 'flow', 'protocol', 'peer/index.ts']
const everyAdapter = ['browser', 'clock', 'coding', 'libp2p', 'memory', 'node', 'storage'].map((name) => `adapters/${name}`)
/** Rooms that every room of a peer sees beside those of its row. */
const belowPeer = ['core', 'ports', 'flow', 'protocol']
const pure = { packages: [], without: 'every platform' } as const

/** Returns the row of a room of the peer that sees `rooms` of the peer. */
function roomOfPeer(...rooms: readonly string[]): Room {
  return { sees: [...belowPeer, ...rooms.map((room) => `peer/${room}`)], ...pure }
}

/**
 * The imports allowed between rooms. The lint configuration is made of this table and refuses every other import, except in tests,
 * contracts, rigs and benches. A room that is missing here may import nothing of ours.
 */
export const floors: Readonly<Record<string, Room>> = {
  core: { sees: [], packages: ['@noble/**', '@scure/**', 'cborg'], without: 'every platform' },
  ports: { sees: ['core'], ...pure },
  flow: { sees: ['core', 'ports'], ...pure },
  protocol: { sees: ['core', 'ports', 'flow'], ...pure },
  // The files at its top put the rooms together; a room sees only the rooms of its row, never the top and never upwards.
  peer: { sees: belowPeer, ...pure },
  'peer/files': roomOfPeer('api', 'people', 'roll', 'vault', 'tree', 'fetching', 'checking', 'placing', 'groups', 'storing', 'links'),
  'peer/links': roomOfPeer('api', 'people', 'vault', 'fetching', 'placing', 'groups', 'storing'),
  'peer/recoding': roomOfPeer('api', 'people', 'roll', 'vault', 'fetching', 'checking', 'placing', 'groups', 'storing'),
  'peer/publishing': roomOfPeer('api', 'people', 'roll', 'vault', 'fetching', 'checking', 'placing', 'groups', 'storing'),
  'peer/storing': roomOfPeer('api', 'people', 'vault', 'placing', 'groups'),
  'peer/groups': roomOfPeer('api', 'people', 'roll', 'vault', 'fetching', 'checking', 'placing'),
  'peer/repairing': roomOfPeer('api', 'people', 'roll', 'fetching', 'placing', 'checking', 'holding'),
  'peer/leaving': roomOfPeer('api', 'people', 'roll', 'placing', 'checking', 'holding', 'repairing'),
  'peer/placing': roomOfPeer('api', 'people', 'fetching'),
  'peer/checking': roomOfPeer('api', 'people', 'roll', 'fetching'),
  'peer/fetching': roomOfPeer('api', 'people', 'roll'),
  'peer/tree': roomOfPeer('api', 'vault'),
  'peer/vault': roomOfPeer('api', 'people'),
  'peer/holding': roomOfPeer('api', 'people', 'roll'),
  'peer/roll': roomOfPeer('api', 'people'),
  'peer/people': roomOfPeer('api'),
  'peer/tabs': roomOfPeer('api'),
  'peer/api': roomOfPeer(),
  ui: {
    sees: ['core'],
    seesTypesOf: { peer: ['peer/index.ts', 'peer/api/**'], ports: ['ports/download-sink.ts', 'ports/clock.ts', 'ports/random.ts'] },
    packages: ['react', 'react/**', 'react-dom', 'react-dom/**', 'wouter', 'wouter/**', '@tanstack/react-virtual'],
    without: 'clock and chance',
  },
  'adapters/clock': { sees: ['core', 'ports', 'flow'], without: 'nothing' },
  'adapters/storage': { sees: ['core', 'ports', 'flow'], without: 'nothing' },
  'adapters/coding': { sees: ['core', 'ports', 'flow', '../workers/wasm'], without: 'nothing' },
  'adapters/memory': { sees: storageAndCoding, without: 'nothing' },
  'adapters/node': { sees: [...storageAndCoding, 'adapters/clock'], without: 'nothing' },
  'adapters/browser': { sees: [...storageAndCoding, '../workers'], without: 'nothing' },
  'adapters/libp2p': { sees: ['core', 'ports', 'flow'], without: 'nothing' },
  relay: {
    sees: ['core', 'ports', 'flow', 'protocol', 'adapters/clock', 'adapters/libp2p', 'adapters/node', 'adapters/storage'],
    without: 'nothing',
  },
  holder: { sees: [...everythingBelow, ...everyAdapter], without: 'nothing' },
  practice: { sees: [...everythingBelow, 'adapters/node', '../setup'], without: 'nothing' },
  // Whole peers in one process, for tests and the simulator: the only room that reaches into the rooms of a peer.
  sim: {
    sees: [...everythingBelow, 'peer', 'adapters/clock', 'adapters/memory', 'adapters/storage', 'adapters/coding'],
    without: 'nothing',
  },
}
