import { hex, type Bytes } from '../../core/bytes.ts'
import { HoardError, ignoreKnownErrors } from '../../core/errors.ts'
import type { VaultEntry } from '../../core/vault/entry.ts'
import { isCovered, joinFrontiers, type Frontier } from '../../core/vault/frontier.ts'
import { countingLists, type LayerList } from '../../core/vault/layer-lists.ts'
import { decodeLayer } from '../../core/vault/layer.ts'
import { openLogBody, type LayerPlace } from '../../core/vault/log-body.ts'
import { checkLogEntry, MAX_LOG_BYTES, MAX_SLOTS, readLogEntry, type VaultGroup } from '../../core/vault/log-entry.ts'
import { readLog, type OpenedEntry, type ReadLog } from '../../core/vault/log-reading.ts'

/**
 * Resolves with the encoded layer at `place`, from people. What it returns is checked.
 * @throws HoardError when nobody gives it; `signal.reason` when the one who takes it ended
 */
export type FetchLayer = (place: LayerPlace) => Promise<Bytes>

/** A layer that was fetched and can be read. */
export interface FetchedLayer {
  readonly place: LayerPlace
  readonly encoded: Bytes
  readonly entries: readonly VaultEntry[]
}

/** What of an offered log can be taken at once, whole. */
export interface TakenLog {
  /** New entries: those whose chains are whole, and those whose lists count. */
  readonly entries: readonly OpenedEntry[]
  /** The layers that those lists name, and this device has not. */
  readonly layers: readonly FetchedLayer[]
  /** Up to where the layers have the log then. */
  readonly floors: Frontier
  /** The log above them. */
  readonly log: ReadLog
  /** Number of lists that were left out, since nobody gave a layer of theirs: they are offered again. */
  readonly unread: number
}

/** Most bytes of one offer that are looked at: what holders keep, with both sides of forks. */
const MAX_OFFER_BYTES = MAX_SLOTS * MAX_LOG_BYTES

/**
 * Returns the entries in `offered` that are of this vault and neither in `known` nor covered by `floors`, each once. Everything else is passed
 * over: people may offer anything. A signature costs some 2 ms, so only what would be new is checked.
 */
export function openOffered(
  offered: readonly Bytes[],
  { group, vaultAead }: { readonly group: VaultGroup; readonly vaultAead: Bytes },
  known: readonly OpenedEntry[],
  floors: Frontier,
): readonly OpenedEntry[] {
  const had = new Set(known.map(({ entry }) => hex(entry.digest)))
  const opened: OpenedEntry[] = []
  let bytes = 0
  for (const one of offered) {
    bytes += one.length
    if (bytes > MAX_OFFER_BYTES) break
    try {
      const { slot, seq, digest } = readLogEntry(one)
      if (isCovered(floors, slot, seq) || had.has(hex(digest))) continue
      const entry = checkLogEntry(one, group.groupKey)
      opened.push({ entry, body: openLogBody(vaultAead, entry) })
      had.add(hex(digest))
    } catch (error) {
      ignoreKnownErrors(error)
    }
  }
  return opened
}

/**
 * Returns what of `fresh` counts beside `known`, once the layers of its lists are here. A list of which a layer cannot be had is left out as if
 * it had not come, and with it what its floors would cover: nothing is taken by half.
 * @param floors those of this device's layers
 * @param had the segments of these, in hexadecimal
 * @throws what `fetchLayer` throws but HoardError
 * Source: core SPEC.md VLT10, VLT22.
 */
export async function chooseTaken(
  fresh: readonly OpenedEntry[],
  { known, floors, had }: { readonly known: readonly OpenedEntry[]; readonly floors: Frontier; readonly had: ReadonlySet<string> },
  fetchLayer: FetchLayer,
): Promise<TakenLog> {
  const fetched = new Map<string, FetchedLayer>()
  let usable = fresh
  for (;;) {
    const lists = countingLists([...known, ...usable])
    const next = usable.find(({ body }) => lists.some(({ layers }) => layers === body.layers && lacking(layers, had, fetched).length > 0))
    if (next?.body.layers === undefined) return taken({ usable, known, floors, lists, unread: fresh.length - usable.length }, fetched)
    try {
      for (const place of lacking(next.body.layers, had, fetched)) fetched.set(hex(place.segmentId), await fetchOne(place, fetchLayer))
    } catch (error) {
      ignoreKnownErrors(error)
      usable = usable.filter((one) => one !== next)
    }
  }
}

/**
 * Returns how to have the layers that `fetchLayer` gave for `opened`, and no others, at once: nobody waits for people while the vault is
 * being written. Throws what `chooseTaken` throws.
 */
export async function fetchAhead(
  opened: readonly OpenedEntry[],
  here: Parameters<typeof chooseTaken>[1],
  fetchLayer: FetchLayer,
): Promise<FetchLayer> {
  const got = new Map<string, Bytes>()
  await chooseTaken(opened, here, async (place) => {
    const encoded = await fetchLayer(place)
    got.set(hex(place.segmentId), encoded)
    return encoded
  })
  return async ({ segmentId }) => {
    const encoded = got.get(hex(segmentId))
    if (encoded === undefined) throw new HoardError('not-found', { object: 'layer' })
    return encoded
  }
}

/** Returns those of `opened` that are neither in `known` nor covered by `floors`. */
export function stillNew(opened: readonly OpenedEntry[], known: readonly OpenedEntry[], floors: Frontier): readonly OpenedEntry[] {
  const had = new Set(known.map(({ entry }) => hex(entry.digest)))
  return opened.filter(({ entry: { slot, seq, digest } }) => !isCovered(floors, slot, seq) && !had.has(hex(digest)))
}

function taken(
  {
    usable,
    known,
    floors: before,
    lists,
    unread,
  }: {
    readonly usable: readonly OpenedEntry[]
    readonly known: readonly OpenedEntry[]
    readonly floors: Frontier
    readonly lists: readonly LayerList[]
    readonly unread: number
  },
  fetched: ReadonlyMap<string, FetchedLayer>,
): TakenLog {
  const floors = joinFrontiers(before, ...lists.map((list) => list.floors))
  const log = readLog([...known, ...usable], floors)
  const read = new Set(log.entries)
  const listed = new Set(lists.flatMap(({ layers }) => layers.map(({ segmentId }) => hex(segmentId))))
  return {
    entries: usable.filter((one) => read.has(one) || lists.some(({ layers }) => layers === one.body.layers)),
    // Another list may have replaced the one that was fetched first.
    layers: [...fetched].flatMap(([name, layer]) => (listed.has(name) ? [layer] : [])),
    floors,
    log,
    unread,
  }
}

function lacking(layers: readonly LayerPlace[], had: ReadonlySet<string>, fetched: ReadonlyMap<string, unknown>): readonly LayerPlace[] {
  return layers.filter(({ segmentId }) => !had.has(hex(segmentId)) && !fetched.has(hex(segmentId)))
}

/** Resolves with a layer, once it can be read. Throws what `fetchLayer` throws; HoardError 'format-invalid' | 'format-unknown'. */
export async function fetchOne(place: LayerPlace, fetchLayer: FetchLayer): Promise<FetchedLayer> {
  const encoded = await fetchLayer(place)
  if (encoded.length !== place.bytes) throw new HoardError('format-invalid', { object: 'layer', bytes: encoded.length })
  return { place, encoded, entries: decodeLayer(encoded) }
}
