import { build } from 'vite'
import { rememberBuild } from './build-stamp.ts'
import { root } from './install.mjs'

try {
  await build({ root })
  await rememberBuild()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
