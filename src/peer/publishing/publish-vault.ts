import { ignoreKnownErrors } from '../../core/errors.ts'
import { personName } from '../../core/names.ts'
import { RECODING_LOSTS } from '../../core/recoding.ts'
import { createChanges, type Changes } from '../../flow/changes.ts'
import { createTurn } from '../../flow/turns.ts'
import type { GroupHost } from '../../protocol/group.ts'
import { locateGroup, unknownGroup } from '../fetching/locate-group.ts'
import { openOwnGroup, saidHolders, type OwnGroup } from '../groups/own-group.ts'
import type { StoreTools } from '../groups/owner-tools.ts'
import type { FetchLayer } from '../vault/take-log.ts'
import { layersFrom } from './fetch-layer.ts'
import { createOwnDevices, type LogTaker } from './own-devices.ts'
import { createLogLines, type LogLines } from './log-lines.ts'
import { forgetSegments, placeLayers, topUpLayers } from './place-layers.ts'
import { adoptCharter, signVaultCharter, tellVaultCharter } from './vault-charter.ts'

/** Where the owner's list of files is, beside this device. */
export interface Published {
  /** Number of people who have all of it; 0: it is on this device only. */
  readonly people: number
  /** When that was last found so, Unix milliseconds; undefined while it never was since the start. */
  readonly at: number | undefined
  /** Whether something has changed since that they have not been given. */
  readonly isBehind: boolean
}

/** The vault as it goes to people and comes back. */
export interface Publishing {
  published(): Published
  /** Told when that has changed. */
  readonly changes: Changes
  /** Returns the vault's group once it is open: to be compared and checked like the groups of files. */
  group(): OwnGroup | undefined
  /** Returns `host` with what other devices of the owner send taken too. SPEC LOG6. */
  inFrontOf(host: GroupHost): GroupHost
  /** Looks at once for what others wrote: the device woke, or the page is shown again. */
  wake(): void
}

/** An edit is sent after this much quiet, and at most so long after it was made. */
const [QUIET_MS, LATEST_MS] = [2_000, 10_000]
/** Time between two looks at what others wrote while the page is visible, and how many people are asked. */
const [LOOK_EVERY_MS, LOOK_AT] = [60_000, 2]
/** How long people are waited for while there are too few. */
const WAIT_MS = 15_000

/**
 * Gives the vault to people, as it changes, and takes what other devices of the owner wrote, until `signal` aborts. Nothing leaves before the
 * vault has something.
 * @param isVisible tells whether anybody looks at the page: only then others are asked every minute
 * Source: core SPEC.md VLT28; protocol SPEC.md LOG5.
 */
export function openPublishing(tools: StoreTools, isVisible: () => boolean, signal: AbortSignal): Publishing {
  const { parts, people, keyring, journal, vault } = tools
  const { clock, policy } = parts
  /** Time after which a layer that a list named before is retired: by then nobody reads by that list. SPEC VLT27. */
  const retireMs = RECODING_LOSTS.steady * policy.presence.lostAfterMs
  const changes = createChanges()
  const woken = createChanges()
  const inTurn = createTurn()
  let state: Published = { people: 0, at: undefined, isBehind: false }
  let open: OpenVault | undefined
  let isFull = false
  const devices = createOwnDevices(tools, signal)

  /** Opens the vault's group, and learns of the charter that people have of it. */
  const opened = async (): Promise<OpenVault> => {
    if (open !== undefined) return open
    const { keys } = await keyring.ensure()
    const group = openOwnGroup(journal, keys.lease, new Uint8Array(SALT_BYTES))
    const known = unknownGroup(group.groupId, clock)
    const fetchLayer = layersFrom(parts, people, { known, groupKey: group.groupKey }, signal)
    const lines = createLogLines(tools, vault, { group, known }, fetchLayer, signal)
    const locate = async (): Promise<void> => {
      await locateGroup(parts, people, known, { hints: saidHolders(group), signal })
      await adoptCharter(tools, group, known.roll.paper())
    }
    await people.settled(signal)
    await locate()
    return (open = { group, lines, fetchLayer, locate, holders: () => known.evidence.holders() })
  }

  const note = ({ lines }: OpenVault): void => {
    const having = lines.having()
    if (having > 0) state = { people: having, at: clock.now(), isBehind: false }
    else if (state.people > 0) state = { ...state, people: 0 }
    changes.tell()
  }

  const signAndTell = async (at: OpenVault): Promise<void> => {
    const { layers, isToList, replaced } = vault.told()
    const listed = layers.flatMap(({ segmentId }) => segmentId ?? [])
    if (isToList || listed.length === 0) return
    const due = replaced.flatMap(({ segmentId, at: replacedAt }) => (replacedAt + retireMs <= clock.now() ? [segmentId] : []))
    if (await signVaultCharter(tools, at.group, listed, due)) await tellVaultCharter(tools, at.group, at.holders(), signal)
    if (due.length === 0) return
    await vault.forgetReplaced(due)
    await forgetSegments(tools, vault, at.group)
  }

  /** Sends what this device has. Resolves with whether it did not fit with one of those who keep it. */
  const send = async ({ lines }: OpenVault): Promise<boolean> => {
    const [isFullSomewhere] = await Promise.all([lines.send(), lines.tell(devices.here())])
    return isFullSomewhere
  }

  /** Gives people what they have not. Resolves with whether nothing is left to be done. */
  const publish = async (): Promise<boolean> => {
    const before = vault.told()
    if (before.entries.length === 0 && before.layers.length === 0) return true
    await nameDevice(tools)
    const at = await opened()
    // Those who keep a piece already have the entries at once, whoever else is there.
    isFull = (await send(at)) || isFull
    if (before.layers.length === 0 || isFull) await vault.layUp()
    isFull = false
    const isPlaced = !vault.told().isToList || (await placeLayers(tools, vault, at.group, signal))
    await signAndTell(at)
    await send(at)
    note(at)
    return isPlaced
  }

  const look = async (): Promise<void> => {
    if ((await keyring.known()) === undefined) return
    const at = await opened()
    if ((await at.lines.look(LOOK_AT)) < LOOK_AT) {
      await at.locate()
      await at.lines.look(LOOK_AT)
    }
    await vault.restoreLayers(at.fetchLayer)
    await topUpLayers(tools, vault, at.group, signal)
    await signAndTell(at)
    note(at)
  }

  /** Runs `work` in its turn; what a disk or a person refuses now is tried again later. */
  const attempt = async <T>(work: () => Promise<T>, otherwise: T): Promise<T> => {
    try {
      return await inTurn(work)
    } catch (error) {
      signal.throwIfAborted()
      ignoreKnownErrors(error)
      return otherwise
    }
  }

  const keepPublishing = async (): Promise<never> => {
    let edits = 0
    signal.addEventListener(
      'abort',
      vault.changes.watch(() => edits++),
      { once: true },
    )
    for (;;) {
      const seen = edits
      const isDone = await attempt(publish, false)
      if (edits > seen) await quiet(vault.changes, clock, signal)
      else if (isDone) {
        await vault.changes.next(signal)
        await quiet(vault.changes, clock, signal)
      } else {
        const stopSeeking = people.seek()
        try {
          await people.changes.nextWithin(clock, WAIT_MS, signal)
        } finally {
          stopSeeking()
        }
      }
    }
  }

  const keepLooking = async (): Promise<never> => {
    for (let isWoken = true; ;) {
      if (isWoken || isVisible()) await attempt(look, undefined)
      isWoken = await woken.nextWithin(clock, LOOK_EVERY_MS, signal)
    }
  }

  const onEdit = (): void => {
    if (state.people === 0 || state.isBehind || open === undefined || open.lines.having() > 0) return
    state = { ...state, isBehind: true }
    changes.tell()
  }
  const stops = [vault.changes.watch(onEdit), clock.watchGaps(woken.tell), parts.watchWakes?.(woken.tell)]
  signal.addEventListener('abort', () => stops.forEach((stop) => stop?.()), { once: true })
  for (const work of [keepPublishing, keepLooking]) {
    work().catch((error: unknown) => {
      if (!signal.aborted) throw error
    })
  }
  const taker = (): LogTaker | undefined => open && { groupId: open.group.groupId, take: open.lines.hear }
  return {
    published: () => state,
    changes,
    group: () => open?.group,
    inFrontOf: (host) => devices.inFrontOf(host, taker),
    wake: woken.tell,
  }
}

/** Writes down once what this device is, for the other devices of its owner. The entry of a device has its id. SPEC VLT16. */
async function nameDevice({ vault, parts: { network, engine } }: StoreTools): Promise<void> {
  const id = vault.device
  if (id === undefined || vault.entries.get(id)?.device !== undefined) return
  await vault.commit([{ id, fields: { name: personName(network.self), device: { engine, peer: network.self } } }])
}

/** The vault's group, and how its people are reached. */
interface OpenVault {
  readonly group: OwnGroup
  readonly lines: LogLines
  readonly fetchLayer: FetchLayer
  readonly locate: () => Promise<void>
  readonly holders: () => ReturnType<typeof saidHolders>
}

/** The salt of the vault's group is as many zeros. Core SPEC VLT7. */
const SALT_BYTES = 16

/** Resolves after `QUIET_MS` without a change, and `LATEST_MS` after the first at the latest. */
async function quiet(changes: Changes, clock: StoreTools['parts']['clock'], signal: AbortSignal): Promise<void> {
  const begun = clock.ran()
  for (;;) {
    const left = LATEST_MS - (clock.ran() - begun)
    if (left <= 0) return
    if (!(await changes.nextWithin(clock, Math.min(QUIET_MS, left), signal))) return
  }
}
