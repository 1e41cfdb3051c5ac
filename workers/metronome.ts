/** The timer that runs, if one does. */
let timer: number | undefined

// The page says in how many milliseconds it wants to be called next; what it said before no longer counts.
self.addEventListener('message', ({ data }: MessageEvent<number>) => {
  clearTimeout(timer)
  timer = setTimeout(() => self.postMessage(undefined), data)
})
