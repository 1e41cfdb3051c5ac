import { HoardError } from '../core/errors.ts'
import { brandBytes, type FileKey } from '../core/ids.ts'
import { encodeLinkObject, isKeptWhole, linkFragment } from '../core/link.ts'
import { wrapObject } from '../core/padded-object.ts'
import { ROOT_PLACE } from './journal.ts'
import { describeSegment, sealedInMemory, type SegmentSource } from './describe-segment.ts'
import type { OwnFile } from './own-file.ts'
import { isOpenable, openOwnGroup, signRoot, wishFound, type OwnGroup } from './own-group.ts'
import { verifiedPieces } from './place-segment.ts'
import { placeRound, tellGroup, type StoreTools } from './store-group.ts'

const ROUNDS = 3
/** One key in 32 is drawn again; randomness that fails here fails everywhere. */
const DRAWS = 64

/**
 * Returns the link of a file that shares its carrier with no other, as the path `/s/#…`, after its object lies with more than k people and the holders know its charter.
 * @throws HoardError 'too-few-shards' {placed, needed} when not enough people take it now; `signal.reason`
 */
export async function shareFile(tools: StoreTools, file: OwnFile, signal: AbortSignal): Promise<string> {
  const { parts, journal } = tools
  const { code, groups } = file.carrier
  const [first] = groups
  if (code === undefined || first === undefined || !isOpenable(first)) {
    throw new HoardError('too-few-shards', { object: 'file', name: file.name })
  }
  const link = await linkOf(tools, file)
  const { group } = link
  const source = await linkSource(tools, file, first, link.fileKey)
  const segment = group.segments.get(ROOT_PLACE) ?? (await describeSegment(parts.coder, code, group.groupKey, source, signal))
  group.segments.set(ROOT_PLACE, segment)
  const place = (): Promise<number> => placeRound(tools, group, ROOT_PLACE, segment, source, () => undefined, signal)
  for (let round = 0; round < ROUNDS && verifiedPieces(segment).length <= code.k; round++) await place()
  const placed = verifiedPieces(segment).length
  if (placed <= code.k) throw new HoardError('too-few-shards', { placed, needed: code.k + 1 })
  if (!isOpenable(group)) {
    const root = { kind: 2, segmentId: segment.segmentId, r: new Uint8Array() } as const
    await signRoot(journal, group, root, parts.policy, parts.clock.now(), group.groupId)
  }
  file.link = group
  file.linkKey = link.fileKey
  await tellGroup(tools, group, signal)
  await wishFileFound(tools, file, true, signal)
  return linkPath(file) ?? ''
}

/** Has the holders of a file's groups announce them, or no longer: who has a link must find them without knowing anybody. */
export async function wishFileFound(tools: StoreTools, { carrier }: OwnFile, isFound: boolean, signal: AbortSignal): Promise<void> {
  for (const group of carrier.groups) {
    if (isOpenable(group) && (await wishFound(tools.journal, group, isFound, tools.parts.clock.now())))
      await tellGroup(tools, group, signal)
  }
}

/** Returns the sealed object of a file's link, the same whenever it is made. */
export async function linkSource(
  { parts: { coder } }: StoreTools,
  { name, type, size, carrier: { fileKey } }: OwnFile,
  { groupKey }: OwnGroup,
  linkKey: FileKey,
): Promise<SegmentSource> {
  const object = wrapObject(encodeLinkObject([{ capability: { groupKey, fileKey, size }, name, type, size }]))
  return sealedInMemory(await coder.seal({ fileKey: linkKey, kind: 2, r: new Uint8Array(), firstRecord: 0, isEnd: true }, object))
}

/** Returns the path of a shared file's link, undefined while it is not shared. */
export function linkPath({ link, linkKey }: OwnFile): string | undefined {
  if (link === undefined || linkKey === undefined || !isOpenable(link)) return undefined
  return `/s/#${linkFragment({ groupId: link.groupId, fileKey: linkKey })}`
}

/** The vault knows the link's salt and key before its first byte leaves. */
async function linkOf(
  { parts, keeper, journal, vault }: StoreTools,
  file: OwnFile,
): Promise<{ readonly fileKey: FileKey; readonly group: OwnGroup }> {
  const { keys } = await keeper.ensure()
  const known = vault.entries().get(file.id)?.link
  const salt = known?.salt ?? parts.random.bytes(16)
  const group = file.link ?? openOwnGroup(journal, keys.lease, salt)
  const fileKey = known?.fileKey ?? drawLinkKey(parts, group)
  if (known === undefined) await vault.commit([{ id: file.id, fields: { link: { salt, fileKey } } }])
  return { fileKey, group }
}

/** Returns a fresh key under which the link survives the programs that mark links in a text. SPEC LNK6. */
function drawLinkKey({ random }: StoreTools['parts'], { groupId }: OwnGroup): FileKey {
  let fileKey = brandBytes<FileKey>(random.bytes(32))
  for (let again = 0; again < DRAWS && !isKeptWhole(linkFragment({ groupId, fileKey })); again++) {
    fileKey = brandBytes<FileKey>(random.bytes(32))
  }
  return fileKey
}
