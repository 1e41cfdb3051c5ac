import { tuple, uint, type Shape } from '../encoding.ts'
import { assert } from '../errors.ts'
import { compareIds, vaultId, type DeviceId } from './entry-id.ts'

/** Hybrid logical clock: Unix milliseconds, and a count within them. SPEC VLT13. */
export interface HybridTime {
  readonly ms: number
  readonly count: number
}

/** The time of a change and the device that made it: no two changes have the same. SPEC VLT13. */
export interface Stamp extends HybridTime {
  readonly device: DeviceId
}

/** Latest time that a vault holds, in the year 2248. SPEC VLT13. */
export const MAX_TIME_MS = 2 ** 43 - 1
/** Highest count within a millisecond. */
export const MAX_COUNT = 0xffff_ffff
/** Most milliseconds by which a time that others wrote moves this device's times ahead of its clock: 7 days. SPEC VLT14. */
export const MAX_AHEAD_MS = 7 * 86_400_000

const pair = tuple<[number, number]>(uint(MAX_TIME_MS), uint(MAX_COUNT))
const triple = tuple<[number, number, DeviceId]>(uint(MAX_TIME_MS), uint(MAX_COUNT), vaultId<DeviceId>())

/** A hybrid time: the list (ms, count). */
export const hybridTime: Shape<HybridTime> = {
  write: ({ ms, count }) => pair.write([ms, count]),
  read: (item) => {
    const [ms, count] = pair.read(item)
    return { ms, count }
  },
}

/** A stamp: the list (ms, count, device). */
export const stampShape: Shape<Stamp> = {
  write: ({ ms, count, device }) => triple.write([ms, count, device]),
  read: (item) => {
    const [ms, count, device] = triple.read(item)
    return { ms, count, device }
  },
}

/** Orders hybrid times: negative, zero or positive. */
export function compareTimes(a: HybridTime, b: HybridTime): number {
  return a.ms - b.ms || a.count - b.count
}

/** Orders stamps by time, then by device: negative, zero or positive. SPEC VLT13. */
export function compareStamps(a: Stamp, b: Stamp): number {
  return a === b ? 0 : compareTimes(a, b) || compareIds(a.device, b.device)
}

/**
 * Returns the time of a new change: not before `now`, after `last`, which `notedTime` returned, and after every one of `replaced`, the
 * times of what the change replaces, however far ahead they are: what a person does now counts.
 * @param now Unix milliseconds, at most `MAX_TIME_MS`
 * Source: SPEC.md VLT14; Kulkarni et al. 2014, "Logical Physical Clocks".
 */
export function nextTime(now: number, last: HybridTime | undefined, ...replaced: readonly HybridTime[]): HybridTime {
  assert(Number.isSafeInteger(now) && now >= 0 && now <= MAX_TIME_MS, 'a clock shows Unix milliseconds up to the year 2248')
  let time: HybridTime = { ms: now, count: 0 }
  for (const other of last === undefined ? replaced : [last, ...replaced]) if (compareTimes(other, time) >= 0) time = after(other)
  return time
}

/**
 * Returns the highest time that this device goes on from, once it has read a change made at `time`. A time of more than `MAX_AHEAD_MS`
 * after `now` is passed over: one clock that is wrong by years would otherwise set all others. SPEC VLT14.
 */
export function notedTime(last: HybridTime | undefined, time: HybridTime, now: number): HybridTime | undefined {
  if (time.ms > now + MAX_AHEAD_MS) return last
  return last === undefined || compareTimes(time, last) > 0 ? time : last
}

/** At the very end of time there is nothing after: the last time is used again, and the device decides. */
function after({ ms, count }: HybridTime): HybridTime {
  if (count < MAX_COUNT) return { ms, count: count + 1 }
  return ms < MAX_TIME_MS ? { ms: ms + 1, count: 0 } : { ms, count }
}
