import { equalBytes } from '../../core/bytes.ts'
import { brandBytes, type FileKey } from '../../core/ids.ts'
import { brandId, idFromHex, type EntryId } from '../../core/vault/entry-id.ts'
import { encodeLinkObject, isKeptWhole, linkFragment } from '../../core/link.ts'
import { endGroups, tellEnded } from '../groups/end-group.ts'
import { ROOT_PLACE } from '../groups/journal.ts'
import type { Content } from '../storing/content.ts'
import { isOpenable, openOwnGroup, type OwnGroup } from '../groups/own-group.ts'
import { signRoot, setAnnounced } from '../groups/own-papers.ts'
import { digestOfRoot, keptRoot, sealRoot, type RootSegment } from '../storing/root-object.ts'
import { verifiedPieces } from '../placing/placed-segment.ts'
import { placeRound } from '../groups/place-round.ts'
import { tellGroup } from '../groups/tell-group.ts'
import type { StoreTools } from '../groups/owner-tools.ts'
import type { FileCode } from '../../core/policy.ts'
import { HoardError } from '../../core/errors.ts'
import { recordKinds } from '../../core/keys.ts'

/** The part of a file that sharing needs: the facts for the link object, and the link's group and key. */
export interface SharedFile {
  readonly id: string
  readonly name: string
  readonly type: string
  readonly size: number
  readonly content: Pick<Content, 'id' | 'code' | 'groups' | 'fileKey'>
  link: OwnGroup | undefined
  linkKey: FileKey | undefined
  /** Id of the link's own entry in the vault. */
  linkId: EntryId | undefined
}

const ROUNDS = 3
/** Most draws of one key. About one key in 32 is drawn again, so only broken randomness comes near the bound. */
const DRAWS = 64

/**
 * Resolves with the link of a file that shares its content with no other, as the path `/s/#…`, once its object lies with more than k
 * people and its holders were told its charter.
 * @throws HoardError 'too-few-shards' {object: 'link', placed, needed} when not enough people take it now; `signal.reason`
 */
export async function shareFile(tools: StoreTools, file: SharedFile, signal: AbortSignal): Promise<string> {
  const { code, groups } = file.content
  const [first] = groups
  if (code === undefined || first === undefined || !isOpenable(first)) {
    throw new HoardError('too-few-shards', { object: 'file', name: file.name })
  }
  const group = await linkOf(tools, file, first, code, signal)
  const root = keptRoot(group)
  if (root !== undefined) await placeLink(tools, group, root, signal)
  await tellGroup(tools, group, signal)
  await setFileAnnounced(tools, file, 'from now on', signal)
  return linkPath(file) ?? ''
}

/** Places the object of a link with more than k people, and signs the charter that names it. */
async function placeLink(tools: StoreTools, group: OwnGroup, { segment, source }: RootSegment, signal: AbortSignal): Promise<void> {
  const { parts, people, journal } = tools
  const { k } = segment.descriptor
  const place = (): Promise<number> => placeRound(tools, group, ROOT_PLACE, segment, source, () => undefined, signal)
  for (let round = 0; round < ROUNDS && verifiedPieces(segment).length <= k; round++) await place()
  const placed = verifiedPieces(segment).length
  if (placed <= k) throw new HoardError('too-few-shards', { object: 'link', placed, needed: k + 1 })
  const root = { kind: recordKinds.link, segmentId: segment.segmentId, r: new Uint8Array() } as const
  await signRoot(journal, group, root, parts.policy, people.papers.now(), group.groupId)
}

/** Tells the holders of a file's groups to announce them, or not to any more: a link must lead to them without knowing anybody. */
export async function setFileAnnounced(
  tools: StoreTools,
  { content }: { readonly content: Pick<Content, 'groups'> },
  announced: 'from now on' | 'no longer',
  signal: AbortSignal,
): Promise<void> {
  for (const group of content.groups) {
    if (isOpenable(group) && (await setAnnounced(tools.journal, group, announced, tools.people.papers.now())))
      await tellGroup(tools, group, signal)
  }
}

/** Returns the path of a shared file's link; undefined while it is not shared. */
export function linkPath({ link, linkKey }: SharedFile): string | undefined {
  if (link === undefined || linkKey === undefined || !isOpenable(link)) return undefined
  return `/s/#${linkFragment({ groupId: link.groupId, fileKey: linkKey })}`
}

/**
 * Resolves with the group of a file's link, whose object is sealed and kept. A link that still says the same stays. One that would say
 * something else, whose object is lost or that has ended, gives way to another under a fresh key, and its people are told of its end.
 * Source: SPEC.md SEA6.
 */
async function linkOf(tools: StoreTools, file: SharedFile, { groupKey }: OwnGroup, code: FileCode, signal: AbortSignal): Promise<OwnGroup> {
  const { parts, people, keyring, journal, vault } = tools
  const { link: before, name, type, size } = file
  const object = encodeLinkObject([{ capability: { groupKey, fileKey: file.content.fileKey, size }, name, type, size }])
  if (before !== undefined && before.note.tombstone === null) {
    const { rootObject } = before
    const isSame = rootObject === undefined ? before.note.hasRoot : equalBytes(rootObject.digest, digestOfRoot(object))
    if (isSame) return before
  }
  const { keys } = await keyring.ensure()
  if (before !== undefined) await endGroups(tools, [before])
  const salt = parts.random.bytes(16)
  const group = openOwnGroup(journal, keys.lease, salt)
  const fileKey = drawLinkKey(parts, group)
  // The vault knows the link's salt and key before its first byte leaves.
  const id = brandId<EntryId>(parts.random.bytes(16))
  const until = people.papers.now() + parts.policy.lease.termMs
  const shared = { salt, fileKey, files: [idFromHex(file.id)], contents: [idFromHex(file.content.id)], until, isLocked: false }
  const ended = file.linkId === undefined ? [] : [{ id: file.linkId, fields: { deletedAt: 0 } }]
  await vault.commit([...ended, { id, fields: { link: shared } }])
  file.link = group
  file.linkKey = fileKey
  file.linkId = id
  if (before !== undefined) await tellEnded(tools, signal)
  await sealRoot(tools, group, code, { kind: recordKinds.link, fileKey, r: new Uint8Array(), object }, signal)
  return group
}

/** Returns a fresh key for which programs that mark links in a text mark the whole link. SPEC LNK6. */
function drawLinkKey({ random }: StoreTools['parts'], { groupId }: OwnGroup): FileKey {
  let fileKey = brandBytes<FileKey>(random.bytes(32))
  for (let again = 0; again < DRAWS && !isKeptWhole(linkFragment({ groupId, fileKey })); again++) {
    fileKey = brandBytes<FileKey>(random.bytes(32))
  }
  return fileKey
}
