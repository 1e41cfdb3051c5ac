import type { Clock } from '../../../ports/clock.ts'

/** Time after which an exchanged byte counts half. */
const HALF_LIFE_MS = 3_600_000
/** Most peers that are remembered, those that are away included; the ones with the least exchange are forgotten first. */
const MAX_PEERS = 1_024
/**
 * Bytes that show, within one to two windows, that a peer is at work: the slowest stream in use moves them in four seconds (protocol WIR5).
 */
const WORK_BYTES = 65_536
const WINDOW_MS = 15_000

/** Bytes of shards that this node exchanged with each peer: real work, unlike pulses and greetings. */
export interface Exchanges {
  /** Counts `bytes` of shards that went to or came from `peer`. */
  add(peer: string, bytes: number): void
  /** Returns the bytes exchanged with `peer`; older ones count less. */
  of(peer: string): number
  /** Tells whether shards are moving between `peer` and this node now. */
  isAtWork(peer: string): boolean
  /** Tells whether any byte of shards moved in the last `ms` milliseconds. */
  hasMoved(peer: string, ms: number): boolean
}

interface Account {
  bytes: number
  at: number
  windowStart: number
  windowBytes: number
  lastWindowBytes: number
}

/** Returns a book without any exchange. */
export function createExchanges(clock: Clock): Exchanges {
  const accounts = new Map<string, Account>()

  function valueOf({ bytes, at }: Account): number {
    return bytes * 2 ** (-(clock.ran() - at) / HALF_LIFE_MS)
  }

  function turnWindow(account: Account): void {
    const passed = clock.ran() - account.windowStart
    if (passed < WINDOW_MS) return
    account.lastWindowBytes = passed < 2 * WINDOW_MS ? account.windowBytes : 0
    account.windowBytes = 0
    account.windowStart = clock.ran()
  }

  function forgetLeast(): void {
    let least: { readonly peer: string; readonly value: number } | undefined
    for (const [peer, account] of accounts) {
      const value = valueOf(account)
      if (least === undefined || value < least.value) least = { peer, value }
    }
    if (least !== undefined) accounts.delete(least.peer)
  }

  return {
    add(peer, bytes) {
      let account = accounts.get(peer)
      if (account === undefined) {
        if (accounts.size >= MAX_PEERS) forgetLeast()
        account = { bytes: 0, at: clock.ran(), windowStart: clock.ran(), windowBytes: 0, lastWindowBytes: 0 }
        accounts.set(peer, account)
      }
      account.bytes = valueOf(account) + bytes
      account.at = clock.ran()
      turnWindow(account)
      account.windowBytes += bytes
    },
    of(peer) {
      const account = accounts.get(peer)
      return account === undefined ? 0 : valueOf(account)
    },
    isAtWork(peer) {
      const account = accounts.get(peer)
      if (account === undefined) return false
      turnWindow(account)
      return account.windowBytes + account.lastWindowBytes >= WORK_BYTES
    },
    hasMoved(peer, ms) {
      const account = accounts.get(peer)
      return account !== undefined && clock.ran() - account.at <= ms
    },
  }
}
