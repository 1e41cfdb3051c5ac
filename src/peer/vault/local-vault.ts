import { equalBytes, hex } from '../../core/bytes.ts'
import { ignoreKnownErrors } from '../../core/errors.ts'
import { entryOfChange, type VaultChange } from '../../core/vault/change.ts'
import { brandId, type DeviceId } from '../../core/vault/entry-id.ts'
import type { VaultEntry } from '../../core/vault/entry.ts'
import { isCovered, joinFrontiers, nothingSeen, type Frontier } from '../../core/vault/frontier.ts'
import { notedTime, type HybridTime } from '../../core/vault/hybrid-time.ts'
import { isLayerDue } from '../../core/vault/layer-lists.ts'
import { divideChanges, MAX_LAYERS, slotOfDevice, type LogBody } from '../../core/vault/log-body.ts'
import { vaultGroupOf } from '../../core/vault/log-entry.ts'
import { changedEntries, readLog, seenToTell, type OpenedEntry, type ReadLog } from '../../core/vault/log-reading.ts'
import { createChanges, type Changes } from '../../flow/changes.ts'
import { createTurn } from '../../flow/turns.ts'
import type { CatalogChange } from '../../ports/catalog.ts'
import type { PeerParts } from '../api/peer-parts.ts'
import { baseChange, removeLayers, writeLayer, type LocalLayer, type VaultBase } from './base-layers.ts'
import { createJoinedState, type JoinedState } from './joined-state.ts'
import { markChange, rowChange, rowRemoval } from './log-rows.ts'
import type { OwnerKeyring } from './owner.ts'
import { planLayers, withDescribed, withReplaced } from './plan-layers.ts'
import { isWhole, nothingThere, readDisk } from './read-disk.ts'
import { sealEntry, type Writer } from './seal-entry.ts'
import { returning, timeChanges, type Untimed } from './time-changes.ts'
import { chooseTaken, fetchAhead, fetchOne, openOffered, stillNew, type FetchLayer } from './take-log.ts'
import { entriesToKeep, floorsToList, listedSegments, newsOf, placesToList, segmentsGone, type VaultForPeople } from './vault-news.ts'

/** What a person changed about one entry. */
export type EntryChange = Untimed

/** The owner's tree of files as this device knows it. Every method that writes resolves once its effect is durable. */
export interface LocalVault extends Omit<JoinedState, 'join'>, VaultForPeople {
  /** Whether something of it cannot be read on this disk: what is not in it may be in what people keep. */
  readonly isIncomplete: boolean
  /** Whether this device goes on in a new slot, since its past is older here than it was, longer elsewhere, forked or damaged. */
  readonly isCopied: boolean
  /** Names this device in it; undefined before its first change. */
  readonly device: DeviceId | undefined
  /** Told after every change of what is in it, or of what people are to be given. */
  readonly changes: Changes
  /** Told after changes that others wrote. */
  readonly taken: Changes
  /**
   * Writes `batch`, changes to as many entries or versions that are there, as one with `besides`: all of it is durable when it resolves,
   * nothing of it when it throws.
   * @throws HoardError 'format-invalid' when a vault may not hold it | 'storage-full' | 'storage-damaged' | 'storage-unavailable'
   */
  commit(batch: readonly EntryChange[], besides?: readonly CatalogChange[]): Promise<void>
}

type VaultParts = Pick<PeerParts, 'catalog' | 'outbox' | 'clock' | 'random' | 'coder'>

/**
 * Opens the vault on this disk: its layers, and the entries that they do not cover, some hundred at most. What cannot be read is passed over
 * and stays where it is, for people may have it.
 * @throws HoardError 'storage-damaged' | 'storage-unavailable' when the disk cannot be read at all
 * Source: core SPEC.md VLT22, VLT26.
 */
export async function openLocalVault(parts: VaultParts, keyring: OwnerKeyring): Promise<LocalVault> {
  const { catalog, clock, random } = parts
  const owner = await keyring.known()
  const { layered, rows, mark, isIncomplete, ...disk } = owner === undefined ? nothingThere : await readDisk(parts, owner)
  let { base } = disk
  /** Layers of the base that this disk has lost. */
  const lost = () => base.layers.filter(({ name }) => disk.unreadable.some((other) => equalBytes(other.name, name)))
  let known: readonly OpenedEntry[] = rows
  let log: ReadLog = readLog(known, base.floors)
  let last: HybridTime | undefined = mark?.time
  let tail = mark?.end
  /** Own entries behind a gap: nobody can close it who does not have them, so their changes go into the next layer. */
  let stranded: readonly OpenedEntry[] = []
  let device = mark?.device
  let isCopied = false
  const [changes, taken] = [createChanges(), createChanges()]

  const noteTimes = (opened: readonly OpenedEntry[]): void => {
    for (const { body } of opened) for (const { time } of body.changes) last = notedTime(last, time, clock.now())
  }
  /** Goes on in a new slot. */
  const begin = (): void => {
    isCopied = true
    device = brandId<DeviceId>(random.bytes(16))
    tail = undefined
  }
  noteTimes(rows)
  if (owner !== undefined) {
    device ??= brandId<DeviceId>(owner.device)
    const slot = slotOfDevice(owner.keys.vaultAead, device)
    const inLog = new Set(log.entries)
    stranded = rows.filter((one) => one.entry.slot === slot && !inLog.has(one) && !isCovered(base.floors, slot, one.entry.seq))
    if (!isWhole(mark, log, slot)) begin()
  }
  const had = (): Frontier => joinFrontiers(base.floors, log.frontier)
  const state = createJoinedState([...layered, ...changedEntries(log), ...changedEntries({ entries: stranded })], had())
  const inTurn = createTurn()

  const writerOf = async (): Promise<Writer> => {
    const { keys, device: first } = await keyring.ensure()
    device ??= brandId<DeviceId>(first)
    const { vaultAead, lease } = keys
    return { vaultAead, group: vaultGroupOf(lease), device, slot: slotOfDevice(vaultAead, device) }
  }
  const markNow = (by: DeviceId, time: HybridTime, end = tail) => markChange({ device: by, time, ...(end && { end }) })

  /** Makes another base durable, with `besides` in one write, and forgets the entries that are not in `left`. */
  const settle = async ({ vaultAead }: Writer, next: VaultBase, left: readonly OpenedEntry[], besides: readonly CatalogChange[]) => {
    const kept = new Set(left)
    const gone = known.filter((one) => !kept.has(one)).map(({ entry }) => rowRemoval(entry))
    await catalog.commit([...besides, ...gone, baseChange(parts, vaultAead, next)])
    base = next
    known = left
    log = readLog(known, base.floors)
  }

  /** Writes what `entries` say into layers that have the log up to `floors`, with `besides` in one write. */
  const writeLayers = async (
    writer: Writer,
    entries: readonly VaultEntry[],
    floors: Frontier,
    besides: readonly CatalogChange[],
  ): Promise<void> => {
    const now = clock.now()
    const here = { layers: base.layers, hasLayers: lost().length === 0, everything: () => state.entries.values() }
    const { kept, old, fresh } = await planLayers(parts, here, entries, now)
    const written: LocalLayer[] = []
    try {
      for (const bytes of fresh) written.push(await writeLayer(parts, bytes))
      const listed = listedSegments(known)
      // What no list names was for nobody but this device.
      const unlisted = old.flatMap(({ segmentId }) => (segmentId === undefined || listed.has(hex(segmentId)) ? [] : [segmentId]))
      const left = entriesToKeep(known, floors).filter((one) => !stranded.includes(one))
      await settle(writer, { ...base, floors, layers: [...kept, ...written], replaced: withReplaced(base, unlisted, now) }, left, besides)
    } catch (error) {
      await removeLayers(parts, written).catch(ignoreKnownErrors)
      throw error
    }
    stranded = []
    // What is left behind is swept at the next start.
    await removeLayers(parts, old).catch(ignoreKnownErrors)
  }

  /** Writes a layer of what lies above the layers. */
  const fold = (writer: Writer): Promise<void> =>
    writeLayers(writer, [...changedEntries(log), ...changedEntries({ entries: stranded })], had(), [])

  const writeEntries = async (
    writer: Writer,
    divided: readonly (readonly VaultChange[])[],
    seen: LogBody['seen'],
    time: HybridTime,
    besides: readonly CatalogChange[],
  ): Promise<void> => {
    const written: OpenedEntry[] = []
    let end = tail
    for (const [at, some] of divided.entries()) {
      const next = sealEntry(parts, writer, end, { changes: some, seen: at === 0 ? seen : nothingSeen })
      written.push(next)
      end = next.entry
    }
    if (end === undefined) return
    await catalog.commit([...besides, ...written.map(({ entry }) => rowChange(entry)), markNow(writer.device, time, end)])
    tail = end
    known = [...known, ...written]
    log = readLog(known, base.floors)
  }

  const append = async (given: readonly EntryChange[], besides: readonly CatalogChange[]): Promise<void> => {
    if (given.length === 0) return
    const batch = [...given, ...returning(device && state.entries.get(device), given)]
    const writer = await writerOf()
    const { time, made } = timeChanges(batch, state.entries, clock.now(), last)
    const entries = made.map((change) => entryOfChange(change, writer.device))
    const seen = seenToTell(writer.slot, log, base.floors)
    const divided = divideChanges(made, seen)
    if (divided === undefined) await writeLayers(writer, entries, base.floors, [...besides, markNow(writer.device, time)])
    else await writeEntries(writer, divided, seen, time, besides)
    last = time
    state.join(entries, had())
    // The changes are durable, so a full disk only puts the layer off.
    if (isLayerDue(log.entries) || stranded.length > 0) await fold(writer).catch(ignoreKnownErrors)
    changes.tell()
  }

  const tellSeen = async (): Promise<void> => {
    const writer = await writerOf()
    const seen = seenToTell(writer.slot, log, base.floors)
    if (seen.size === 0) return
    await writeEntries(writer, [[]], seen, last ?? { ms: clock.now(), count: 0 }, [])
    changes.tell()
  }

  const here = () => ({ known, floors: base.floors, had: new Set(base.layers.flatMap(({ segmentId: id }) => (id ? [hex(id)] : []))) })
  const takeIn = async (writer: Writer, opened: readonly OpenedEntry[], fetchLayer: FetchLayer): Promise<number> => {
    const fresh = stillNew(opened, known, base.floors)
    const { entries, layers, floors, log: next, unread } = await chooseTaken(fresh, here(), fetchLayer)
    if (entries.length === 0) return unread
    // A chain of this device that is longer in the hands of others, or another one, was written by a copy of this disk. What this one wrote
    // may be covered by floors of lists that do not have it.
    if (next.frontier.get(writer.slot) !== tail?.seq || next.forked.has(writer.slot)) {
      const own = known.filter(({ entry: { slot, seq } }) => slot === writer.slot && !isCovered(base.floors, slot, seq))
      await writeLayers(writer, changedEntries({ entries: own }), base.floors, [])
      begin()
    }
    const all = [...known, ...entries]
    const gone = segmentsGone(known, all)
    const stale = base.layers.filter(({ segmentId: id }) => id !== undefined && gone.some((other) => equalBytes(other, id)))
    const fetched: LocalLayer[] = []
    try {
      for (const { encoded, place } of layers) fetched.push(await writeLayer(parts, encoded, place))
      noteTimes(entries)
      const left = entriesToKeep(all, floors)
      const rowsNow = left.filter((one) => entries.includes(one)).map(({ entry }) => rowChange(entry))
      const marks = last === undefined || device === undefined ? [] : [markNow(device, last)]
      const layersNow = [...base.layers.filter((layer) => !stale.includes(layer)), ...fetched]
      await settle(writer, { ...base, floors, layers: layersNow }, left, [...rowsNow, ...marks])
    } catch (error) {
      await removeLayers(parts, fetched).catch(ignoreKnownErrors)
      throw error
    }
    state.join([...layers.flatMap((layer) => [...layer.entries]), ...changedEntries(log)], had())
    await removeLayers(parts, stale).catch(ignoreKnownErrors)
    changes.tell()
    taken.tell()
    return unread
  }

  const listLayers = async (placed: readonly LocalLayer[]): Promise<boolean> => {
    const places = placesToList(base, placed)
    if (places === undefined) return false
    const writer = await writerOf()
    const floors = floorsToList({ base, log })
    const seen = seenToTell(writer.slot, log, floors)
    const written = sealEntry(parts, writer, tail, { changes: [], seen, layers: places }, floors)
    const all = [...known, written]
    const gone = segmentsGone(known, all)
    const end = written.entry
    const marks = [rowChange(end), markNow(writer.device, last ?? { ms: clock.now(), count: 0 }, end)]
    await settle(writer, { ...base, replaced: withReplaced(base, gone, clock.now()) }, entriesToKeep(all, base.floors), marks)
    tail = end
    changes.tell()
    return true
  }

  const restoreLayer = async ({ name, segmentId, fileKey, bytes }: LocalLayer, fetchLayer: FetchLayer): Promise<void> => {
    if (segmentId === undefined) return
    const { encoded, place, entries } = await fetchOne({ segmentId, fileKey, bytes }, fetchLayer)
    await inTurn(async () => {
      const written = await writeLayer(parts, encoded, place)
      const layers = base.layers.map((one) => (equalBytes(one.name, name) ? written : one))
      await settle(await writerOf(), { ...base, layers }, known, [])
      state.join(entries, had())
    })
    changes.tell()
  }
  const rebase = (next: (now: VaultBase) => VaultBase) => inTurn(async () => settle(await writerOf(), next(base), known, []))

  return {
    entries: state.entries,
    tree: state.tree,
    names: state.names,
    watchEntries: state.watchEntries,
    get isIncomplete() {
      return isIncomplete || lost().length > 0
    },
    get isCopied() {
      return isCopied
    },
    get device() {
      return device
    },
    changes,
    taken,
    commit: (batch, besides = []) => inTurn(() => append(batch, besides)),
    told: () => newsOf({ base, known, log, hasLayers: lost().length === 0 }),
    log: () => ({ known, floors: base.floors, had: had() }),
    tellSeen: () => inTurn(tellSeen),
    async take(offered, fetchLayer) {
      if ((await keyring.known()) === undefined) return 0
      const writer = await writerOf()
      const opened = openOffered(offered, writer, known, base.floors)
      const ahead = await fetchAhead(opened, here(), fetchLayer)
      return inTurn(() => takeIn(writer, opened, ahead))
    },
    layUp: () =>
      inTurn(async () => {
        if (base.layers.length <= MAX_LAYERS && log.entries.length + stranded.length === 0) return
        await fold(await writerOf())
        changes.tell()
      }),
    describe: (layer, segmentId) => rebase((now) => withDescribed(now, layer, segmentId, clock.now())),
    restoreLayers: async (fetchLayer) => {
      for (const layer of lost()) await restoreLayer(layer, fetchLayer)
    },
    list: (layers) => inTurn(() => listLayers(layers)),
    forgetReplaced: (gone) =>
      rebase((now) => ({ ...now, replaced: now.replaced.filter(({ segmentId: id }) => !gone.some((other) => equalBytes(other, id))) })),
  }
}
