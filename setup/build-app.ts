import { join } from 'node:path'
import { build } from 'vite'
import { isBuilt, rememberBuild } from './build-stamp.ts'
import { compressFiles } from './compress-files.ts'
import { root, whyNotBuilt } from './install.mjs'

/**
 * Builds dist/ for users, in production mode even when a test calls it: a test runner's environment would give everybody the development
 * build of React. Throws what Vite throws.
 */
export async function buildApp({ isQuiet = false }: { readonly isQuiet?: boolean } = {}): Promise<void> {
  const trouble = whyNotBuilt(root)
  if (trouble !== undefined) throw new Error(trouble)
  process.env.NODE_ENV = 'production'
  delete process.env.VITEST
  await build({ root, mode: 'production', logLevel: isQuiet ? 'warn' : 'info' })
  await compressFiles(join(root, 'dist'))
  await rememberBuild()
}

/** Builds dist/ when it was not built from the present sources. */
export async function buildAppIfStale(): Promise<void> {
  if (!(await isBuilt())) await buildApp({ isQuiet: true })
}
