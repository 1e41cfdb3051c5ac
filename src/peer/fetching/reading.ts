import type { Descriptor } from '../../core/descriptor.ts'
import type { PeerId } from '../../core/ids.ts'
import type { PeerParts } from '../api/peer-parts.ts'
import { createLines, type Lines } from '../people/lines.ts'
import type { People } from '../people/people.ts'
import { createStripeReader, type StripeReader } from './read-stripes.ts'

/** What everybody shares who reads from the same group: lines, and what was learnt of holders and of this device's own line. */
export interface ReadParts {
  readonly parts: PeerParts
  readonly people: People
  readonly lines: Lines
  /** How often holders failed during this read; they are asked last. */
  readonly failed: Map<PeerId, number>
  /** Checked descriptors by hexadecimal segment id: a second look at a segment asks nobody. */
  readonly descriptors: Map<string, Descriptor>
  readonly stripes: StripeReader
}

/** Returns what a reader begins with; its lines end with `signal`. */
export function startReading(parts: PeerParts, people: People, signal: AbortSignal): ReadParts {
  const lines = createLines(parts, people, signal)
  const failed = new Map<PeerId, number>()
  return { parts, people, lines, failed, descriptors: new Map(), stripes: createStripeReader({ parts, people, lines, failed }, signal) }
}
