// The storage of a page that keeps nothing: a chunk of its own, because few pages load it.
export { createMemoryFiles } from './adapters/memory/memory-files.ts'
export { openStorage } from './adapters/storage/open-storage.ts'
