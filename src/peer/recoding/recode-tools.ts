import type { Bucket } from '../../protocol/pace/bucket.ts'
import { countedIndices } from '../groups/counted-pieces.ts'
import type { OwnGroup } from '../groups/own-group.ts'
import type { StoreTools } from '../groups/owner-tools.ts'
import type { StripeReader } from '../fetching/read-stripes.ts'
import type { Content } from '../storing/content.ts'

/** The owner's contents and links, as re-coding sees them. */
export interface Recodable {
  contents(): readonly Content[]
  all(): readonly { readonly content: Content; readonly link: OwnGroup | undefined }[]
  /** Goes on with the store of a content, of which pieces are missing. */
  placeAnew(content: Content): void
}

/** What re-coding works with. */
export interface RecodeTools extends StoreTools {
  readonly own: Recodable
  readonly stripes: StripeReader
  /** Bounds what re-coding fetches and sends together. */
  readonly budget: Bucket
}

/** Tells whether the content may be coded anew now: it is stored, goes on, and m pieces of all that readers use are known and checked. SPEC RCD2. */
export function isReady({ known }: Pick<StoreTools, 'known'>, { note, code, groups }: Content): boolean {
  if (!note.isStored || note.isPaused || code === undefined) return false
  return groups.every(
    (group) =>
      group.note.tombstone === null &&
      [...group.segments.values()].every((segment) => countedIndices(known, group, segment).size >= segment.descriptor.m),
  )
}
