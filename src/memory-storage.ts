// What a page needs that keeps nothing: a chunk of its own, which few load.
export { createMemoryFiles } from './adapters/memory/memory-files.ts'
export { openStorage } from './adapters/storage/open-storage.ts'
