import { HoardError, codeOf } from '../../core/errors.ts'
import { savedName, shownName } from '../../core/file-name.ts'
import { groupIdOf } from '../../core/group.ts'
import { healthOf } from '../../core/health.ts'
import { isNew, uptimeOf } from '../../core/healing/presence.ts'
import { steadinessOf } from '../../core/healing/steadiness.ts'
import { decodeLinkObject, isLockedLink, type LinkItem, type LinkTarget } from '../../core/link.ts'
import { gradeOf } from '../../core/policy.ts'
import { statusOf } from '../../core/status.ts'
import type { LinkView, OpenedFile, OpenedLink } from '../api/link-view.ts'
import { raceSignal } from '../../flow/deadline.ts'
import { createChanges } from '../../flow/changes.ts'
import { fetchFile, openFetchable, openOnce, type FetchableFile } from '../fetching/fetch-file.ts'
import { startReading } from '../fetching/reading.ts'
import { counted } from '../fetching/evidence.ts'
import { keepersOf, locateGroup, unknownGroup } from '../fetching/locate-group.ts'
import { drawPieces } from '../api/meter.ts'
import { heardMore, openGroup, readRootObject, segmentJob, type ObjectTarget } from '../fetching/open-object.ts'
import { troubleOf } from '../api/trouble.ts'
import { createRates } from '../../flow/rates.ts'
import { readDescriptor, type SegmentJob } from '../fetching/read-segment.ts'
import type { PeerParts } from '../api/peer-parts.ts'
import type { People } from '../people/people.ts'
import { recordKinds } from '../../core/keys.ts'

const LOOK_AGAIN_MS = 5_000
const TELL_EVERY_MS = 200

/** Opens a received link: reads its object, then watches the people who keep the file until it is closed. */
export function openLink(parts: PeerParts, people: People, target: LinkTarget): OpenedLink {
  const closing = new AbortController()
  const { signal } = closing
  const reading = startReading(parts, people, signal)
  const changes = createChanges()
  const rates = createRates(parts.clock)
  let view: LinkView = {
    is: 'opening',
    status: 'Waiting for people',
    meter: { value: 0, max: 0, needed: 0, pieces: [] },
    explanation: { is: 'none' },
  }
  const show = (news: Partial<LinkView>): void => {
    view = { ...view, ...news }
    changes.tell()
  }
  const onWaiting = (error: unknown): void => {
    if (error === undefined) return
    if (codeOf(error) === 'too-few-shards' || codeOf(error) === 'not-found') show({ status: 'Waiting for people' })
  }

  const readItem = async (): Promise<LinkItem> => {
    const group = await openGroup(reading, { ...target, hints: [] }, onWaiting, signal)
    if (group.root.kind !== 2) throw new HoardError('link-malformed', { kind: group.root.kind })
    const object = await readRootObject(reading, group, target.fileKey, onWaiting, signal)
    if (isLockedLink(object)) throw new HoardError('format-unknown', { object: 'link' })
    const [item] = decodeLinkObject(object)
    if (item === undefined) throw new HoardError('link-malformed', { items: 0 })
    return item
  }
  const item = readItem()
  item.then(
    ({ name, type, size }) => show({ is: 'ready', name: shownName(name), type, size }),
    (error: unknown) => {
      if (!signal.aborted) show({ is: 'failed', explanation: { is: 'trouble', trouble: troubleOf(error) } })
    },
  )

  /** The file's group, as far as it is known: the meter and all reads share it. */
  const located = item.then(({ capability: { groupKey, fileKey, size } }): ObjectTarget & { readonly size: number } => {
    const groupId = groupIdOf(groupKey)
    return { groupId, fileKey, size, hints: [], known: unknownGroup(groupId, parts.clock) }
  })
  located.catch(() => undefined)
  const open = openOnce(async () => openFetchable(reading, await located, { signal, onWaiting }))

  /** Looks for the people who keep the file while the page is shown, so that the meter and the word are true. */
  const keepLooking = async (): Promise<void> => {
    const group = await openGroup(reading, await located, onWaiting, signal)
    const root = segmentJob(reading, group, group.root.segmentId, onWaiting)
    const descriptor = await readDescriptor(reading, root, signal)
    let segments: readonly NamedSegment[] = [root]
    let manifest: FetchableFile | undefined
    const isWhole = (): boolean => manifest !== undefined || group.root.kind === recordKinds.content
    const named = createChanges()
    const readManifest = async (): Promise<void> => {
      // Read now, because a press on Download is likely to follow.
      const file = await open()
      if (file === manifest) return
      manifest = file
      segments = [root, ...file.segments.map(({ job }) => job)]
      named.tell()
    }
    for (;;) {
      readManifest().catch(() => undefined)
      show(linkHealth({ segments, isWhole: isWhole() }, descriptor, { parts, people }))
      await heardMore(named, parts.clock.wait(LOOK_AGAIN_MS, { signal }), signal)
      for (const group of new Set(segments.map((segment) => segment.known))) {
        await heardMore(group.changes, locateGroup(parts, people, group, { signal }), signal)
      }
    }
  }
  keepLooking().catch((error: unknown) => {
    if (!signal.aborted && view.is === 'ready') show({ explanation: { is: 'trouble', trouble: troubleOf(error) } })
  })

  const toFile = ({ name, type, size }: LinkItem): OpenedFile => ({
    name: savedName(name),
    type,
    size,
    pace: () => reading.stripes.pace(),
    async *read(range = { start: 0, end: size }, options = {}) {
      const both = options.signal === undefined ? signal : AbortSignal.any([signal, options.signal])
      const totalBytes = range.end - range.start
      let doneBytes = 0
      let toldAt = 0
      const tellProgress = (): void => {
        const bytesPerSecond = Math.round(rates.of('fetch', doneBytes))
        const left = bytesPerSecond > 0 ? { secondsLeft: Math.ceil((totalBytes - doneBytes) / bytesPerSecond) } : {}
        show({ progress: { kind: 'fetching', doneBytes, totalBytes, bytesPerSecond, ...left, isPaused: false } })
      }
      try {
        tellProgress()
        const file = await raceSignal(open(), both)
        for await (const bytes of fetchFile(reading, file, range, both)) {
          yield bytes
          doneBytes += bytes.length
          if (parts.clock.now() - toldAt < TELL_EVERY_MS) continue
          toldAt = parts.clock.now()
          tellProgress()
        }
      } finally {
        rates.forget('fetch')
        const { progress: _over, ...rest } = view
        view = rest
        changes.tell()
      }
    },
  })

  return {
    snapshot: () => view,
    watch: (listener) => changes.watch(listener),
    file: async ({ signal: over } = {}) => toFile(await raceSignal(item, over)),
    close: () => closing.abort(new Error('the link is closed')),
  }
}

/** A segment that the root or the manifest names, and its group as far as it is known. */
type NamedSegment = Pick<SegmentJob, 'segmentId' | 'known'>

/** Returns the meter and the word for somebody else's file, from the segments that it is made of alone. SPEC GRO5. */
function linkHealth(
  { segments, isWhole }: { readonly segments: readonly NamedSegment[]; readonly isWhole: boolean },
  { k, m, n }: { readonly k: number; readonly m: number; readonly n: number },
  { parts: { clock, policy }, people }: { readonly parts: PeerParts; readonly people: People },
): Pick<LinkView, 'status' | 'meter' | 'explanation'> {
  const habitsAt = [clock.now(), policy.presence.beaconMs] as const
  const kept = segments.map(({ known: group, segmentId }) =>
    counted(keepersOf(group, people, segmentId)).map(({ peer, index }) => {
      const isHere = people.isHere(peer)
      const habits = people.known(peer)?.habits
      return { index, person: peer, isHere, isLately: isHere, uptime: uptimeOf(habits, ...habitsAt), isNew: isNew(habits, ...habitsAt) }
    }),
  )
  const { here: reachable, known } = healthOf(kept, k)
  const facts = { hasLocalCopy: false, isTransferring: false, isRepairing: false, reachable, known, verified: known, isReadBack: true }
  // Before the manifest is read, the segments of the file are unknown.
  const grade = gradeOf(k, n, steadinessOf(kept, k))
  const status = isWhole ? statusOf({ ...facts, isGivenUp: false, k, m, n, grade }) : 'Waiting for people'
  return {
    status,
    meter: { value: reachable, max: n, needed: k, pieces: drawPieces({ verified: known, reachable, placing: 0 }, n) },
    explanation: status === 'Waiting for people' ? { is: 'waiting', reachable, needed: k } : { is: 'placed', placed: reachable, of: n },
  }
}
