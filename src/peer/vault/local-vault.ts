import { equalBytes, type Bytes } from '../../core/bytes.ts'
import { assert, ignoreKnownErrors } from '../../core/errors.ts'
import { entryOfChange, type ChangedFields, type VaultChange } from '../../core/vault/change.ts'
import { createContentNames, isForgotten, type ContentNames } from '../../core/vault/ends.ts'
import { brandId, type DeviceId, type EntryId, type Slot } from '../../core/vault/entry-id.ts'
import { createVaultState, stampsOf, type VaultEntry } from '../../core/vault/entry.ts'
import { isCovered, joinFrontiers, nothingSeen, type Frontier } from '../../core/vault/frontier.ts'
import { nextTime, notedTime, type HybridTime } from '../../core/vault/hybrid-time.ts'
import { isLayerDue, layersToMerge } from '../../core/vault/layer-lists.ts'
import { encodeLayers } from '../../core/vault/layer.ts'
import { divideChanges, openLogBody, sealLogBody, slotOfDevice, type LogBody } from '../../core/vault/log-body.ts'
import { checkLogEntry, encodeLogEntry, vaultGroupOf, type VaultGroup } from '../../core/vault/log-entry.ts'
import { changedEntries, readLog, seenToTell, type OpenedEntry, type ReadLog } from '../../core/vault/log-reading.ts'
import { createVaultTree, type VaultTree } from '../../core/vault/tree.ts'
import { createTurn } from '../../flow/turns.ts'
import type { CatalogChange } from '../../ports/catalog.ts'
import type { PeerParts } from '../api/peer-parts.ts'
import {
  baseChange,
  emptyBase,
  readBase,
  readLayer,
  removeLayers,
  sweepLayers,
  writeLayer,
  type LocalLayer,
  type VaultBase,
} from './base-layers.ts'
import { markChange, readMark, readRows, rowChange, rowRemoval, type LogMark } from './log-rows.ts'
import type { Owner, OwnerKeyring } from './owner.ts'

/** What a person changed about one entry. */
export interface EntryChange {
  readonly id: EntryId
  readonly fields: ChangedFields
  /** When it was made, Unix milliseconds, where that is before now and not known to this vault yet. */
  readonly madeAt?: number
}

/** The owner's tree of files as this device knows it. Every method that writes resolves once its effect is durable. */
export interface LocalVault {
  readonly entries: ReadonlyMap<EntryId, VaultEntry>
  readonly tree: VaultTree
  /** Which contents are named by an entry, and which of those that have not ended are not. */
  readonly names: Pick<ContentNames, 'namesOf' | 'unnamed'>
  /** Whether something of it cannot be read on this disk: what is not in it may be in what people keep. */
  readonly isIncomplete: boolean
  /** Whether this device goes on in a new slot, since its past here is older than it was, forked or damaged. */
  readonly isCopied: boolean
  /**
   * Writes `batch`, changes to as many entries, as one with `besides`: all of it is durable when it resolves, nothing of it when it throws.
   * @throws HoardError 'format-invalid' when a vault may not hold it | 'storage-full' | 'storage-damaged' | 'storage-unavailable'
   */
  commit(batch: readonly EntryChange[], besides?: readonly CatalogChange[]): Promise<void>
}

type VaultParts = Pick<PeerParts, 'catalog' | 'outbox' | 'clock' | 'random' | 'coder'>

/** The owner's keys, and the chain that this device writes. */
interface Writer {
  readonly vaultAead: Bytes
  readonly group: VaultGroup
  readonly device: DeviceId
}

/** What was read of the disk. */
interface Opened {
  readonly base: VaultBase
  readonly layered: readonly VaultEntry[]
  readonly rows: readonly OpenedEntry[]
  readonly mark: LogMark | undefined
  /** Whether every layer could be read, so that they may be merged. */
  readonly hasLayers: boolean
  readonly isIncomplete: boolean
}

const nothingThere: Opened = { base: emptyBase, layered: [], rows: [], mark: undefined, hasLayers: true, isIncomplete: false }

/**
 * Opens the vault on this disk: its layers, and the entries that they do not cover, some hundred at most. What cannot be read is passed over
 * and stays where it is, for people may have it.
 * @throws HoardError 'storage-damaged' | 'storage-unavailable' when the disk cannot be read at all
 * Source: core SPEC.md VLT22, VLT26.
 */
export async function openLocalVault(parts: VaultParts, keyring: OwnerKeyring): Promise<LocalVault> {
  const { catalog, clock, random } = parts
  const owner = await keyring.known()
  const { layered, rows, mark, hasLayers, isIncomplete, ...disk } = owner === undefined ? nothingThere : await readDisk(parts, owner)
  let { base } = disk
  let known: readonly OpenedEntry[] = rows
  let log: ReadLog = readLog(known, base.floors)
  let last: HybridTime | undefined = mark?.time
  let tail = mark?.end
  /** Own entries behind a gap: nobody can close it who does not have them, so their changes go into the next layer. */
  let stranded: readonly OpenedEntry[] = []
  let device = mark?.device
  let isCopied = false

  const state = createVaultState([...layered, ...changedEntries(log)])
  for (const { body } of rows) for (const { time } of body.changes) last = notedTime(last, time, clock.now())
  if (owner !== undefined) {
    device ??= brandId<DeviceId>(owner.device)
    const slot = slotOfDevice(owner.keys.vaultAead, device)
    const inLog = new Set(log.entries)
    isCopied = !isWhole(mark, log, slot)
    stranded = rows.filter((one) => one.entry.slot === slot && !inLog.has(one) && !isCovered(base.floors, slot, one.entry.seq))
    for (const { body } of stranded) for (const change of body.changes) state.join(entryOfChange(change, body.device))
    if (isCopied) {
      device = brandId<DeviceId>(random.bytes(16))
      tail = undefined
    }
  }
  const tree = createVaultTree(state.entries.values())
  const had = (): Frontier => joinFrontiers(base.floors, log.frontier)
  const names = createContentNames(state.entries.values(), had())
  const inTurn = createTurn()

  const writerOf = async (): Promise<Writer> => {
    const { keys, device: first } = await keyring.ensure()
    device ??= brandId<DeviceId>(first)
    return { vaultAead: keys.vaultAead, group: vaultGroupOf(keys.lease), device }
  }
  const take = (entries: Iterable<VaultEntry>): void => {
    const frontier = had()
    for (const entry of entries) {
      const before = state.entries.get(entry.id)
      const joined = state.join(entry)
      if (joined === undefined) continue
      tree.update(joined)
      names.update(before, joined, frontier)
    }
  }

  /**
   * Writes what `entries` say into layers that have the log up to `floors`, with `besides` in one write. Nothing is merged while something
   * cannot be read: it would be left out.
   */
  const writeLayers = async (
    writer: Writer,
    entries: readonly VaultEntry[],
    floors: VaultBase['floors'],
    besides: readonly CatalogChange[],
  ): Promise<void> => {
    const now = clock.now()
    const fresh = encodeLayers(createVaultState(entries).entries.values())
    const sizes = [...base.layers.map(({ bytes }) => bytes), ...fresh.map(({ length }) => length)]
    const merged = hasLayers ? layersToMerge(sizes) : []
    const isMerged = (at: number): boolean => merged.includes(at)
    const kept = base.layers.filter((_layer, at) => !isMerged(at))
    const replaced = base.layers.filter((_layer, at) => isMerged(at))
    const unmerged = fresh.filter((_bytes, at) => !isMerged(base.layers.length + at))
    const isAll = merged.length === sizes.length
    const read = isAll ? [state.entries.values()] : await Promise.all(replaced.map((layer) => readLayer(parts, layer)))
    const newer = unmerged.length < fresh.length ? entries : []
    const together = merged.length === 0 ? [] : [...read.flatMap((some) => [...some]), ...newer]
    const joined = [...createVaultState(together).entries.values()].filter((entry) => !isForgotten(entry, now))
    const written: LocalLayer[] = []
    try {
      for (const bytes of [...unmerged, ...(joined.length === 0 ? [] : encodeLayers(joined))]) written.push(await writeLayer(parts, bytes))
      const covered = known.filter(({ entry }) => isCovered(floors, entry.slot, entry.seq) || stranded.some((one) => one.entry === entry))
      await catalog.commit([
        ...besides,
        ...covered.map(({ entry }) => rowRemoval(entry)),
        baseChange(parts, writer.vaultAead, { floors, layers: [...kept, ...written] }),
      ])
    } catch (error) {
      await removeLayers(parts, written).catch(ignoreKnownErrors)
      throw error
    }
    base = { floors, layers: [...kept, ...written] }
    known = known.filter(({ entry }) => !isCovered(floors, entry.slot, entry.seq) && !stranded.some((one) => one.entry === entry))
    stranded = []
    log = readLog(known, base.floors)
    // What is left behind is swept at the next start.
    await removeLayers(parts, replaced).catch(ignoreKnownErrors)
  }

  /** Writes a layer of what lies above the layers, when that has grown long: the changes are durable, so a full disk only puts it off. */
  const fold = async (writer: Writer): Promise<void> => {
    if (!isLayerDue(log.entries) && stranded.length === 0) return
    const behindGap = stranded.flatMap(({ body }) => body.changes.map((change) => entryOfChange(change, body.device)))
    await writeLayers(writer, [...changedEntries(log), ...behindGap], had(), []).catch(ignoreKnownErrors)
  }

  const writeEntries = async (
    writer: Writer,
    divided: readonly (readonly VaultChange[])[],
    seen: LogBody['seen'],
    time: HybridTime,
    besides: readonly CatalogChange[],
  ): Promise<void> => {
    const { vaultAead, group, device: by } = writer
    const slot = slotOfDevice(vaultAead, by)
    const written: OpenedEntry[] = []
    let end = tail
    for (const [at, changes] of divided.entries()) {
      const r = random.bytes(32)
      const body: LogBody = { prev: end?.digest ?? null, device: by, at: clock.now(), changes, seen: at === 0 ? seen : nothingSeen }
      const seq: number = end === undefined ? 0 : end.seq + 1
      const bytes = encodeLogEntry({ slot, seq, r, sealed: sealLogBody(vaultAead, r, body) }, group.seed)
      const entry = checkLogEntry(bytes, group.groupKey)
      written.push({ entry, body: openLogBody(vaultAead, entry) })
      end = { seq, digest: entry.digest }
    }
    if (end === undefined) return
    await catalog.commit([...besides, ...written.map(({ entry }) => rowChange(entry)), markChange({ device: by, time, end })])
    tail = end
    known = [...known, ...written]
    log = readLog(known, base.floors)
  }

  const append = async (batch: readonly EntryChange[], besides: readonly CatalogChange[]): Promise<void> => {
    if (batch.length === 0) return
    assert(new Set(batch.map(({ id }) => id)).size === batch.length, 'a batch changes each of its entries once')
    const writer = await writerOf()
    const replacedBy = ({ id }: EntryChange): readonly HybridTime[] => {
      const entry = state.entries.get(id)
      return entry === undefined ? [] : stampsOf(entry)
    }
    const now = clock.now()
    const time = nextTime(now, last, ...batch.flatMap(replacedBy))
    const changes = batch.map((change): VaultChange => {
      const { id, fields, madeAt } = change
      return { entry: id, time: madeAt === undefined ? time : nextTime(Math.min(madeAt, now), undefined, ...replacedBy(change)), fields }
    })
    const entries = changes.map((change) => entryOfChange(change, writer.device))
    const seen = seenToTell(slotOfDevice(writer.vaultAead, writer.device), log, base.floors)
    const divided = divideChanges(changes, seen)
    if (divided === undefined) {
      const mark = markChange({ device: writer.device, time, ...(tail && { end: tail }) })
      await writeLayers(writer, entries, base.floors, [...besides, mark])
    } else await writeEntries(writer, divided, seen, time, besides)
    last = time
    take(entries)
    await fold(writer)
  }

  return {
    entries: state.entries,
    tree,
    names,
    isIncomplete,
    isCopied,
    commit: (batch, besides = []) => inTurn(() => append(batch, besides)),
  }
}

/** Reads what is there, and frees what a crash has left. */
async function readDisk(parts: VaultParts, { keys: { vaultAead, lease } }: Owner): Promise<Opened> {
  const [base, mark, rows] = await Promise.all([
    readBase(parts, vaultAead).catch((error: unknown) => {
      ignoreKnownErrors(error)
      return 'damaged' as const
    }),
    readMark(parts.catalog),
    readRows(parts.catalog, vaultGroupOf(lease), vaultAead),
  ])
  if (base === 'damaged') return { ...nothingThere, rows: rows.opened, mark, isIncomplete: true }
  let hasLayers = true
  const layered: VaultEntry[] = []
  for (const layer of base?.layers ?? []) {
    const entries = await readLayer(parts, layer).catch((error: unknown) => {
      ignoreKnownErrors(error)
      hasLayers = false
      return []
    })
    for (const entry of entries) layered.push(entry)
  }
  // Without a base nothing tells which layers are of use: a catalog that was lost may come back.
  if (base !== undefined) await sweepLayers(parts, base).catch(ignoreKnownErrors)
  return { base: base ?? emptyBase, layered, rows: rows.opened, mark, hasLayers, isIncomplete: !hasLayers || rows.damaged > 0 }
}

/** Tells whether this disk has the chain in `slot` up to the mark, once, and nothing beyond it. */
function isWhole(mark: LogMark | undefined, { frontier, entries, forked }: ReadLog, slot: Slot): boolean {
  if (frontier.get(slot) !== mark?.end?.seq || forked.has(slot)) return false
  const end = entries.findLast(({ entry }) => entry.slot === slot)
  return end === undefined || (mark?.end !== undefined && equalBytes(end.entry.digest, mark.end.digest))
}
