export { takeLink } from './fragment.ts'
export { mountApp } from './mount-app.tsx'
export { createPageMemory } from './surroundings.ts'
export type { Rescue } from './words/rescue-words.ts'
