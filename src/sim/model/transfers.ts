import type { ModelPerson, Swarm, Transfer } from './swarm.ts'

/** Bytes to be sent for a repair. */
export interface Sending {
  readonly from: ModelPerson
  readonly to: ModelPerson
  /** The guardian whose budget they use; it is one of the two. */
  readonly guardian: ModelPerson
  readonly bytes: number
  readonly budgetBytesPerSecond: number
  /** Called once, with the bytes that arrived: fewer when one of the two went away. */
  readonly done: (arrived: number) => void
}

/**
 * Sends bytes one after the other over the line of the sender and within the budget of the guardian, and ends when they have arrived or
 * when one of the two goes.
 */
export function send({ timeline, measures }: Swarm, { from, to, guardian, bytes, budgetBytesPerSecond, done }: Sending): void {
  const now = timeline.now()
  const startAt = Math.max(now, from.uplinkFreeAt)
  from.uplinkFreeAt = startAt + (1000 * bytes) / from.kind.upBytesPerSecond
  from.longestQueueMs = Math.max(from.longestQueueMs, from.uplinkFreeAt - now)
  guardian.budgetFreeAt = Math.max(now, guardian.budgetFreeAt) + (1000 * bytes) / budgetBytesPerSecond
  const endAt = Math.max(from.uplinkFreeAt, guardian.budgetFreeAt)
  let isEnded = false
  const transfer: Transfer = {
    from,
    to,
    end: () => {
      if (isEnded) return
      isEnded = true
      const at = timeline.now()
      from.transfers.delete(transfer)
      to.transfers.delete(transfer)
      const arrived = at >= endAt ? bytes : at <= startAt ? 0 : (bytes * (at - startAt)) / (endAt - startAt)
      // What was cut off gives the line and the budget back to whatever comes next.
      const unsent = bytes - arrived
      from.uplinkFreeAt -= (1000 * unsent) / from.kind.upBytesPerSecond
      guardian.budgetFreeAt -= (1000 * unsent) / budgetBytesPerSecond
      measures.count(arrived, Math.min(startAt, at), at)
      done(arrived)
    },
  }
  from.transfers.add(transfer)
  to.transfers.add(transfer)
  timeline.plan(endAt, transfer.end)
}
