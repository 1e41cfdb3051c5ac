import { hex } from '../../core/bytes.ts'
import { ignoreKnownErrors } from '../../core/errors.ts'
import { bytesOf, listOf, objectFormat } from '../../core/encoding.ts'
import type { SegmentId } from '../../core/ids.ts'
import type { Catalog } from '../../ports/catalog.ts'

/** The segments whose descriptors name shards that their bytes do not give, over all runs. SPEC RPR14. */
export interface Unrepairable {
  has(segmentId: SegmentId): boolean
  /** Notes one for good. Where it cannot be written down, it is known for this run. */
  add(segmentId: SegmentId): Promise<void>
}

const KEY = 'unrepairable'
/** The first bytes of a segment id that are remembered, and how many segments: those noted first are forgotten first. */
const [ID_BYTES, SEGMENTS_AT_MOST] = [8, 4_096]
const format = objectFormat(KEY, 64 * 1024, { segments: listOf(bytesOf(ID_BYTES), { max: SEGMENTS_AT_MOST }) })

/** Opens the list in `catalog`. Throws what the catalog throws. */
export async function openUnrepairable(catalog: Catalog): Promise<Unrepairable> {
  const noted = await catalog.get('self', KEY)
  const segments = new Map(noted === undefined ? [] : format.decode(noted).segments.map((id) => [hex(id), id]))
  return {
    has: (segmentId) => segments.size > 0 && segments.has(hex(segmentId.subarray(0, ID_BYTES))),
    async add(segmentId) {
      const id = segmentId.slice(0, ID_BYTES)
      segments.set(hex(id), id)
      const [oldest] = segments.keys()
      if (segments.size > SEGMENTS_AT_MOST && oldest !== undefined) segments.delete(oldest)
      await catalog
        .commit([{ table: 'self', key: KEY, value: format.encode({ segments: [...segments.values()] }) }])
        .catch(ignoreKnownErrors)
    },
  }
}
