import type { GroupKey } from '../../core/ids.ts'
import { recordKinds } from '../../core/keys.ts'
import { within } from '../../flow/deadline.ts'
import type { KnownGroup } from '../fetching/locate-group.ts'
import { readRootObject } from '../fetching/open-object.ts'
import { startReading } from '../fetching/reading.ts'
import type { PeerParts } from '../api/peer-parts.ts'
import type { People } from '../people/people.ts'
import { sealedLayerLength } from '../vault/base-layers.ts'
import type { FetchLayer } from '../vault/take-log.ts'

/** How long people are asked for one layer: 14 MiB over 400 kbit/s take five minutes. */
const FETCH_MS = 300_000

/**
 * Returns how to read the layers of the vault's group from the people in `known`, which may be looked for meanwhile. Each gives its layer,
 * proven and opened, or throws HoardError 'holder-silent' when nobody gave it in five minutes; 'record-damaged' | 'format-invalid' when the
 * segment is not what the list says; `signal.reason`.
 */
export function layersFrom(
  parts: PeerParts,
  people: People,
  { known, groupKey }: { readonly known: KnownGroup; readonly groupKey: GroupKey },
  signal: AbortSignal,
  ms = FETCH_MS,
): FetchLayer {
  return ({ segmentId, fileKey, bytes }) =>
    within(parts.clock, ms, signal, async (until) => {
      const closing = new AbortController()
      const reading = startReading(parts, people, closing.signal)
      const root = { kind: recordKinds.layer, segmentId, r: new Uint8Array() }
      try {
        return await readRootObject(reading, { known, groupKey, root }, fileKey, () => undefined, until, sealedLayerLength({ bytes }))
      } finally {
        closing.abort(new Error('the layer is read'))
      }
    })
}
