import { base64urlnopad } from '@scure/base'
import { concatBytes, equalBytes, type Bytes } from './bytes.ts'
import { bytesOf, bytesUpTo, formatOf, idOf, listOf, objectFormat, record, text, tuple, uint, where } from './encoding.ts'
import { HoardError } from './errors.ts'
import { brandBytes, type FileKey, type GroupKey, type GroupId } from './ids.ts'
import { FORMAT_VERSION, labelledHash } from './labels.ts'
import { MAX_FILE_BYTES } from './sizes.ts'

/** The keys and the size that it takes to read one file. */
export interface Capability {
  readonly groupKey: GroupKey
  readonly fileKey: FileKey
  /** Bytes of the file. */
  readonly size: number
}

/** One file of a link. */
export interface LinkItem {
  readonly capability: Capability
  /** File name, in a folder link with the path inside the folder. Made by a stranger: never a path on disk, never markup. */
  readonly name: string
  /** MIME type as the owner's browser told it, '' when unknown. A hint. */
  readonly type: string
  /** Bytes; the same as in the capability. */
  readonly size: number
}

/** The group and the key that the fragment of a link names. */
export interface LinkTarget {
  readonly groupId: GroupId
  readonly fileKey: FileKey
}

/** Longest link object. SPEC LNK1. */
export const MAX_LINK_BYTES = 4 * 1024 * 1024
/** Characters of a fragment: base64url of 69 bytes. SPEC LNK3. */
export const LINK_FRAGMENT_CHARACTERS = 92
/** Longest fragment of any version. SPEC LNK4. */
const MAX_FRAGMENT_CHARACTERS = 1024

const CHECK_BYTES = 4
const item = where(
  record({
    capability: record({ groupKey: idOf<GroupKey>(), fileKey: idOf<FileKey>(), size: uint(MAX_FILE_BYTES) }),
    name: text(4096),
    type: text(255),
    size: uint(MAX_FILE_BYTES),
  }),
  ({ capability, size }) => capability.size === size,
  'two different sizes',
)
const openFormat = objectFormat('link', MAX_LINK_BYTES, { items: listOf(item, { min: 1, max: 100_000 }) })
const lockedFormat = formatOf('link', MAX_LINK_BYTES + 64, tuple<[Bytes, Bytes]>(bytesOf(16), bytesUpTo(MAX_LINK_BYTES + 16, 17)))

/** Returns the encoding of a link to `items`, at least one. Throws HoardError 'format-invalid'. SPEC LNK1. */
export function encodeLinkObject(items: readonly LinkItem[]): Bytes {
  return openFormat.encode({ items })
}

/** Returns the files of a link that no passphrase locks. Throws HoardError 'format-unknown' | 'format-invalid'. */
export function decodeLinkObject(bytes: Uint8Array): readonly LinkItem[] {
  return openFormat.decode(bytes).items
}

/** A link whose object is sealed under a passphrase once more. SPEC LNK2. */
export interface LockedLink {
  /** 16 random bytes. */
  readonly salt: Bytes
  /** AES-256-GCM with a zero nonce and no AAD under `passphraseKeyOf`, of the encoded link object; its tag is the last 16 bytes. */
  readonly sealed: Bytes
}

/** Tells whether `bytes` are a link that asks for a passphrase. SPEC LNK2. */
export function isLockedLink(bytes: Uint8Array): boolean {
  // A list of two, where an open link has a map.
  return bytes[0] === FORMAT_VERSION && bytes[1] === 0x82
}

/** Returns the encoding of a locked link. Throws HoardError 'format-invalid'. SPEC LNK2. */
export function encodeLockedLink({ salt, sealed }: LockedLink): Bytes {
  return lockedFormat.encode([salt, sealed])
}

/** Returns the locked link in `bytes`. Throws HoardError 'format-unknown' | 'format-invalid'. SPEC LNK2. */
export function decodeLockedLink(bytes: Uint8Array): LockedLink {
  const [salt, sealed] = lockedFormat.decode(bytes)
  return { salt, sealed }
}

/** Returns the part after `#` of the link to `target`: 92 characters. SPEC LNK3. */
export function linkFragment({ groupId, fileKey }: LinkTarget): string {
  const named = concatBytes(Uint8Array.of(FORMAT_VERSION), groupId, fileKey)
  return base64urlnopad.encode(concatBytes(named, checkOf(named)))
}

/**
 * Tells whether a program that marks links in a text takes all of `fragment`: such programs leave out a `-` or `_` at its end. SPEC LNK6.
 */
export function isKeptWhole(fragment: string): boolean {
  return /[A-Za-z0-9]$/.test(fragment)
}

/**
 * Returns the target that `fragment` (without `#`) names.
 * @throws HoardError 'link-malformed' (cut, lengthened, mistyped) | 'format-unknown' (a link of a newer app)
 * Source: SPEC.md LNK3, LNK4. `readLink` reads what people paste and press.
 */
export function parseLinkFragment(fragment: string): LinkTarget {
  const bytes = bytesOfFragment(fragment)
  const named = bytes.subarray(0, bytes.length - CHECK_BYTES)
  if (!equalBytes(checkOf(named), bytes.subarray(bytes.length - CHECK_BYTES))) refuse('wrong checksum')
  const version = bytes[0] ?? 0
  if (version !== FORMAT_VERSION) throw new HoardError('format-unknown', { format: 'link', version })
  // 92 characters carry exactly 69 bytes: no spare bits, so every text has one meaning and every meaning one text.
  if (fragment.length !== LINK_FRAGMENT_CHARACTERS) refuse('wrong length')
  return { groupId: brandBytes<GroupId>(bytes.slice(1, 33)), fileKey: brandBytes<FileKey>(bytes.slice(33, 65)) }
}

/** Returns the bytes of a fragment of any version, with its version and checksum. */
function bytesOfFragment(fragment: string): Bytes {
  if (fragment.length > MAX_FRAGMENT_CHARACTERS || /[^A-Za-z0-9_-]/.test(fragment)) refuse('not base64url')
  try {
    const bytes = new Uint8Array(base64urlnopad.decode(fragment))
    if (bytes.length > CHECK_BYTES) return bytes
  } catch {
    // No encoder writes this length or these spare bits.
  }
  return refuse('wrong length')
}

function checkOf(named: Uint8Array): Bytes {
  return labelledHash('link-check', named).slice(0, CHECK_BYTES)
}

function refuse(reason: string): never {
  throw new HoardError('link-malformed', { reason })
}
