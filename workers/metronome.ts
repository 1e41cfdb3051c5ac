/** The timer that runs, if one does. */
let timer: number | undefined

// The page says in how many milliseconds it wants to be called next; this replaces its earlier request.
self.addEventListener('message', ({ data }: MessageEvent<number>) => {
  clearTimeout(timer)
  timer = setTimeout(() => self.postMessage(undefined), data)
})
