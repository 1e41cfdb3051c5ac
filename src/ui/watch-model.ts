import type { FileView } from '../peer/index.ts'
import { sayClock } from './words/clock-words.ts'
import type { ScreenView } from './screen-model.ts'
import { isQueued } from './queued-row.ts'
import type { Shell } from './shell.tsx'
import { damagedList, sayThin } from './words/notice-words.ts'

/** Milliseconds for which a thin margin must last before it is said, because people come and go for moments. */
const STAND_MS = 10_000

/** A page before whose end the browser can ask; a window is one. */
export interface LeavablePage {
  addEventListener(type: 'beforeunload', listener: (event: Pick<Event, 'preventDefault'>) => void): void
}

/** Says once, on any screen, what the person has to know, and lets the browser ask before a page that is still needed is left. */
export function watchModel({ model, notices, clock }: Pick<Shell, 'model' | 'notices' | 'clock'>, page: LeavablePage): void {
  const said = new Set<string>()
  let isStanding = false

  const look = async (): Promise<void> => {
    if (isStanding || newlyThin(model.snapshot(), said).length === 0) return
    isStanding = true
    await clock.wait(STAND_MS)
    isStanding = false
    const thin = newlyThin(model.snapshot(), said)
    for (const { id } of thin) said.add(id)
    if (thin.length > 0) notices.show({ ...sayThin(thin), isUrgent: true })
  }
  let closeClock: (() => void) | undefined
  const lookAtClock = (): void => {
    const { clock: wrong } = model.snapshot().peer
    if (wrong !== undefined) closeClock ??= notices.show({ ...sayClock(wrong), isUrgent: true })
    else if (closeClock !== undefined) {
      closeClock()
      closeClock = undefined
    }
  }
  let isDamageSaid = false
  const lookAtList = (): void => {
    if (isDamageSaid || model.snapshot().peer.isListDamaged !== true) return
    isDamageSaid = true
    notices.show({ ...damagedList, isUrgent: true })
  }
  const onChange = (): void => {
    lookAtClock()
    lookAtList()
    void look()
  }
  model.watch(onChange)
  onChange()
  page.addEventListener('beforeunload', (event) => {
    if (isNeeded(model.snapshot())) event.preventDefault()
  })
}

/** Tells whether leaving the page now would stop a file from being sealed: only this page has the dropped file. */
export function isNeeded({ peer }: ScreenView): boolean {
  return peer.files.some((file) => isQueued(file) || (file.needsOriginal && !peer.isElsewhere))
}

/** Returns the files with a thin margin that was not said yet; none while nobody is here, when this device is the cause. */
function newlyThin({ peer }: ScreenView, said: ReadonlySet<string>): readonly FileView[] {
  if (peer.connection.is !== 'connected') return []
  return peer.files.filter(({ id, explanation }) => explanation.is === 'thin' && !said.has(id))
}
