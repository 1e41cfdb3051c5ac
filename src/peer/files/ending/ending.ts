import { ignoreKnownErrors } from '../../../core/errors.ts'
import { createTurn } from '../../../flow/turns.ts'
import { tellEnded } from '../../groups/end-group.ts'
import type { DeviceView } from '../../api/device-view.ts'
import type { YouFacet } from '../../api/peer.ts'
import type { StoreTools } from '../../groups/owner-tools.ts'
import type { OwnFiles } from '../own-files.ts'
import { removeDevice, viewDevices } from './devices.ts'
import { endUnnamed, isRemovedHere, seenToTellNow } from './end-contents.ts'
import { trashOver } from './end-trash.ts'
import { openDeviceWatch, type DeviceWatch } from './watch-devices.ts'

/** The end of what nothing names any more, in step with the other devices of the vault. */
export interface Ending extends Pick<YouFacet, 'removeDevice'> {
  devices(): readonly DeviceView[]
  /** Ends what may be ended now. Resolves once that is durable and those of its people who are here were told. Never throws but when it ends. */
  look(): Promise<void>
}

/** Longest time between two looks; time after which others are told even what only says that they have seen something. */
const [LOOK_EVERY_MS, TELL_EVERY_MS] = [3_600_000, 86_400_000]

/**
 * Ends contents that nothing names, and what lies in the trash for too long, until `signal` aborts: at once, after others have written, and
 * every hour.
 * Source: core SPEC.md VLT24, VLT31, VLT32.
 */
export async function openEnding(tools: StoreTools, own: OwnFiles, signal: AbortSignal): Promise<Ending> {
  const { parts, vault, keyring, people, changes } = tools
  const { clock, policy } = parts
  const inTurn = createTurn()
  let watch: DeviceWatch | undefined
  let toldAt = clock.ran()

  /** Resolves with the number of contents that were ended. */
  const lookNow = async (isHour: boolean): Promise<number> => {
    const owner = await keyring.known()
    if (owner === undefined || vault.device === undefined) return 0
    watch ??= await openDeviceWatch(parts, vault, owner.keys.vaultAead)
    await watch.note(Math.floor(people.papers.passed()))
    if (vault.isIncomplete || isRemovedHere(vault)) return 0
    const at = { vault, own, watch }
    const ended = await endUnnamed(at, people.papers.confirmed())
    const to = seenToTellNow(at)
    if (to === 'at once' || (isHour && (to === 'soon' || (to === 'some day' && clock.ran() - toldAt >= TELL_EVERY_MS)))) {
      toldAt = clock.ran()
      await vault.tellSeen()
    }
    return ended
  }
  /** Deletes for good what lies in the trash for too long. */
  const endTrash = async (): Promise<void> => {
    const over = trashOver(vault, policy.trash.ownerMs, people.papers.confirmed())
    if (over.length > 0 && !isRemovedHere(vault)) await own.endTrash(over)
  }
  const attempt = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work()
    } catch (error) {
      signal.throwIfAborted()
      // What the disk refuses now is ended by a later look.
      ignoreKnownErrors(error)
    }
  }
  const look = (isHour = false): Promise<void> =>
    attempt(async () => {
      const ended = await inTurn(() => lookNow(isHour))
      if (ended > 0) await tellEnded(tools, signal)
    })
  const keepLooking = async (): Promise<never> => {
    for (;;) {
      await people.settled(signal)
      await attempt(endTrash)
      await clock.wait(Math.min(LOOK_EVERY_MS, policy.trash.ownerMs), { signal })
      await look(true)
    }
  }

  const stopWatching = vault.taken.watch(() => {
    look().catch(() => undefined)
  })
  signal.addEventListener('abort', stopWatching, { once: true })
  await look()
  keepLooking().catch((error: unknown) => {
    if (!signal.aborted) throw error
  })
  return {
    look,
    devices: () => viewDevices(tools),
    async removeDevice(id) {
      await removeDevice(tools, id)
      changes.tell()
      await look()
    },
  }
}
