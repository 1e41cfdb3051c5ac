import type { PageClock } from './surroundings.ts'
import type { Sentences } from './words/words.ts'

/** A short message at the edge of the page. */
export interface Notice {
  readonly id: number
  readonly what: string
  readonly more: string
  readonly action?: { readonly name: string; act(): void }
  /** Name of the message's subject, by which the caller finds the message again. */
  readonly about?: string
  /** Called once when the message is closed, by the person, by its action or by time; not when others push it out. */
  onClose?(): void
  /** Called once the message is gone, closed by the person, by its action, or pushed out by newer ones. */
  onGone?(): void
  /** True for a message that the person has to know: it is read out at once. */
  readonly isUrgent: boolean
}

/** The messages shown now, oldest first. */
export interface Notices {
  snapshot(): readonly Notice[]
  watch(listener: () => void): () => void
  /** Shows a message until it is closed, or for `forMs` milliseconds. Returns how to close it. */
  show(notice: Omit<Notice, 'id'>, options?: { readonly forMs?: number }): () => void
  /** Shows a failure in its three sentences until it is closed. */
  showTrouble(sentences: Sentences): () => void
  close(id: number): void
}

/** Returns an empty list of notices. */
export function createNotices(clock: PageClock): Notices {
  let notices: readonly Notice[] = []
  let next = 1
  const listeners = new Set<() => void>()
  const set = (changed: readonly Notice[]) => {
    const gone = notices.filter((notice) => !changed.includes(notice))
    notices = changed
    for (const listener of listeners) listener()
    for (const notice of gone) notice.onGone?.()
  }
  const close = (id: number) => {
    const closed = notices.find((notice) => notice.id === id)
    if (closed === undefined) return
    set(notices.filter((notice) => notice !== closed))
    closed.onClose?.()
  }
  const show: Notices['show'] = (notice, options) => {
    const id = next++
    // a message replaces an earlier one with the same words and no action
    const others = notices.filter((other) => other.what !== notice.what || other.action !== undefined)
    set([...others.slice(-3), { ...notice, id }])
    if (options?.forMs !== undefined) void clock.wait(options.forMs).then(() => close(id))
    return () => close(id)
  }
  return {
    snapshot: () => notices,
    watch(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    show,
    showTrouble: ({ what, means, then }) => show({ what, more: `${means} ${then}`, isUrgent: true }),
    close,
  }
}
