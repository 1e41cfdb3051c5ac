import type { Bytes } from '../bytes.ts'
import {
  bytesOf,
  flag,
  formatOf,
  idOf,
  listOf,
  nullable,
  optional,
  peerIdentity,
  record,
  text,
  uint,
  where,
  type Format,
  type Shape,
} from '../encoding.ts'
import { MAX_TYPE_BYTES } from '../file-limits.ts'
import type { FileKey, PeerId } from '../ids.ts'
import { groupSaltOf } from '../keys.ts'
import { MAX_FILE_BYTES, MAX_FILE_GROUPS } from '../sizes.ts'
import { vaultId, ID_BYTES, type EntryId } from './entry-id.ts'
import { entryName } from './entry-name.ts'
import { MAX_TIME_MS } from './hybrid-time.ts'

/** Most files, and most contents, of one link. SPEC VLT11. */
export const MAX_LINKED = 30_000
/** Longest encoding of one value. */
const MAX_VALUE_BYTES = 2 ** 21
/** Most records of one group of a content: 224 segments of 256. */
const MAX_GROUP_RECORDS = 57_344

const time = uint(MAX_TIME_MS)
const entryId = vaultId<EntryId>()
const place = { content: entryId, offset: uint(MAX_FILE_BYTES), size: uint(MAX_FILE_BYTES) }
const linked = where(listOf(entryId, { max: MAX_LINKED }), (ids) => new Set(ids).size === ids.length, 'something linked twice')

/** The values of the fields that an entry has once at most, each one whole. Times are Unix milliseconds. SPEC VLT11. */
export interface FieldValues {
  readonly name: string
  /** When the entry was put into the trash; 0: deleted for good; null: taken out again. */
  readonly deletedAt: number | null
  /** When the folder was made: what has this is a folder. */
  readonly folder: number
  readonly key: ContentKey
  readonly layout: ContentLayout
  /** When people were first found to keep it; null: it is under way again. */
  readonly storedAt: number | null
  /** When the content was ended. */
  readonly ended: number
  readonly link: SharedLink
  /** By the engine of its browser, and its name among people. */
  readonly device: { readonly engine: string; readonly peer: PeerId }
}

/** What opens a content, and its bytes without padding. */
export interface ContentKey {
  readonly fileKey: FileKey
  readonly size: number
}

/** How a content is coded and divided into groups. */
export interface ContentLayout {
  readonly k: number
  readonly m: number
  readonly n: number
  /** 16 bytes from which the salts of the content's groups follow; zeros where `salts` has these. */
  readonly salt: Bytes
  /** Of every group, in the order of the content. */
  readonly records: readonly number[]
  /** The salt of every group, 16 bytes each, of a content that was stored when each group had one of its own. */
  readonly salts?: readonly Bytes[]
}

/** A link that was given to somebody. */
export interface SharedLink {
  /** 16 bytes from which the seed of the link's group follows. */
  readonly salt: Bytes
  readonly fileKey: FileKey
  /** What was shared, as its person sees it. */
  readonly files: readonly EntryId[]
  /** What readers of the link are given. */
  readonly contents: readonly EntryId[]
  readonly until: number
  readonly isLocked: boolean
}

/** Returns the salt of every group of a content, in its order, 16 bytes each. SPEC KEY5, VLT11. */
export function groupSaltsOf({ salt, records, salts }: ContentLayout): readonly Bytes[] {
  return salts ?? records.map((_records, index) => groupSaltOf(salt, index))
}

/** The name of such a field. */
export type FieldName = keyof FieldValues

/** The form of each value. */
export const shapes: { readonly [Field in FieldName]: Shape<FieldValues[Field]> } = {
  name: entryName,
  deletedAt: nullable(time),
  folder: time,
  key: record({ fileKey: idOf<FileKey>(), size: uint(MAX_FILE_BYTES) }),
  layout: where(
    record({
      k: uint(255, 2),
      m: uint(255, 3),
      n: uint(255, 3),
      salt: bytesOf(ID_BYTES),
      records: listOf(uint(MAX_GROUP_RECORDS, 1), { min: 1, max: MAX_FILE_GROUPS }),
      salts: optional(listOf(bytesOf(ID_BYTES), { min: 1, max: MAX_FILE_GROUPS })),
    }),
    ({ salt, records, salts }) => salts === undefined || (salts.length === records.length && salt.every((byte) => byte === 0)),
    'salts that are not those of the groups',
  ),
  storedAt: nullable(time),
  ended: time,
  link: record({ salt: bytesOf(ID_BYTES), fileKey: idOf<FileKey>(), files: linked, contents: linked, until: time, isLocked: flag }),
  device: record({ engine: text(64), peer: peerIdentity }),
}

/** The field's value with the newest stamp holds, or the one with the oldest: what is set once stays. SPEC VLT15. */
export const fieldRules: Readonly<Record<FieldName, 'newest' | 'oldest'>> = {
  name: 'newest',
  deletedAt: 'newest',
  folder: 'oldest',
  key: 'oldest',
  layout: 'newest',
  storedAt: 'newest',
  ended: 'oldest',
  link: 'newest',
  device: 'newest',
}

/** Such fields in the order in which every format has them. */
export const fieldNames = Object.keys(fieldRules) as readonly FieldName[]

/** The folder that an entry is put into; null is the top. */
export const parentShape: Shape<EntryId | null> = nullable(entryId)

/** A piece of a content: `size` bytes from `offset` on. */
export interface Place {
  readonly content: EntryId
  readonly offset: number
  readonly size: number
}

/** What a file is as of one version, whole: the bytes, what they are, and when they were last modified, Unix milliseconds. */
export interface Version extends Place {
  /** MIME type, '' when unknown. */
  readonly type: string
  readonly at: number
  readonly thumb?: Place
}

/** The parts of a version, for a format that has more beside them. */
export const versionParts = { ...place, type: text(MAX_TYPE_BYTES), at: time, thumb: optional(record(place)) }
export const versionShape: Shape<Version> = record(versionParts)

/** Returns the format of a value by itself: version byte and CBOR. */
export function valueFormat<T>(shape: Shape<T>): Format<T> {
  return formatOf('vault value', MAX_VALUE_BYTES, shape)
}
