export { takeFragment } from './fragment.ts'
export { mountApp, type AppOptions } from './mount-app.tsx'
export type { PageClock, PageRandom } from './surroundings.ts'
