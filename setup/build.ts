import { build } from 'vite'
import { root } from './install.mjs'
import { rememberBuild } from './build-stamp.ts'

await build({ root })
await rememberBuild()
