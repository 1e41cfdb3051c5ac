/** What the page tells the metronome: to call after `ms`, or no longer to. It answers with the bare `id`. */
export type MetronomeRequest = { readonly id: number; readonly ms: number } | { readonly id: number; readonly isOff: true }
