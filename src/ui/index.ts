export { takeFragment } from './fragment.ts'
export { mountApp } from './mount-app.tsx'
