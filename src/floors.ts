/** What a room may import beside its own files, and what it may touch of the platform. */
export interface Room {
  /** Rooms below it. */
  readonly sees: readonly string[]
  /** Rooms of which it may import types only, and from which of their files. */
  readonly seesTypesOf?: Readonly<Record<string, readonly string[]>>
  /** Packages, as patterns; every package when absent. */
  readonly packages?: readonly string[]
  /** What the platform has that this room must be handed instead. */
  readonly without: 'nothing' | 'clock and chance' | 'every platform'
}

const storageAndCoding = ['core', 'ports', 'adapters/storage', 'adapters/coding']
const everythingBelow = ['core', 'ports', 'protocol', 'peer']
const everyAdapter = ['browser', 'coding', 'libp2p', 'memory', 'node', 'storage'].map((name) => `adapters/${name}`)

/**
 * Who may import whom. This table is the lint configuration itself: what is not listed here is refused, tests and contracts excepted.
 * A room that is missing may import nothing of ours.
 */
export const floors: Readonly<Record<string, Room>> = {
  core: { sees: [], packages: ['@noble/**', '@scure/**', 'cborg'], without: 'every platform' },
  ports: { sees: ['core'], packages: [], without: 'every platform' },
  protocol: { sees: ['core', 'ports'], packages: [], without: 'every platform' },
  peer: { sees: ['core', 'ports', 'protocol'], packages: [], without: 'every platform' },
  ui: {
    sees: ['core'],
    seesTypesOf: { peer: ['peer/index.ts', 'peer/api.ts'] },
    packages: ['react', 'react/**', 'react-dom', 'react-dom/**', 'wouter', 'wouter/**', '@tanstack/react-virtual'],
    without: 'clock and chance',
  },
  'adapters/storage': { sees: ['core', 'ports'], without: 'nothing' },
  'adapters/coding': { sees: ['core', 'ports', '../workers/wasm'], without: 'nothing' },
  'adapters/memory': { sees: storageAndCoding, without: 'nothing' },
  'adapters/node': { sees: storageAndCoding, without: 'nothing' },
  'adapters/browser': { sees: [...storageAndCoding, '../workers'], without: 'nothing' },
  'adapters/libp2p': { sees: ['core', 'ports'], without: 'nothing' },
  relay: { sees: ['core', 'ports', 'protocol', 'adapters/libp2p', 'adapters/node', 'adapters/storage'], without: 'nothing' },
  holder: { sees: [...everythingBelow, ...everyAdapter], without: 'nothing' },
  practice: { sees: [...everythingBelow, 'adapters/node', '../setup'], without: 'nothing' },
  sim: { sees: [...everythingBelow, 'adapters/memory', 'adapters/storage', 'adapters/coding'], without: 'nothing' },
}
