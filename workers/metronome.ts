import type { MetronomeRequest } from '../src/adapters/browser/metronome-request.ts'

/** Number that the page gave a wait -> its timer here. */
const timers = new Map<number, number>()

self.addEventListener('message', ({ data }: MessageEvent<MetronomeRequest>) => {
  clearTimeout(timers.get(data.id))
  timers.delete(data.id)
  if ('isOff' in data) return
  const timer = setTimeout(() => {
    timers.delete(data.id)
    self.postMessage(data.id)
  }, data.ms)
  timers.set(data.id, timer)
})
