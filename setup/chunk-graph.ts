import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Plugin } from 'vite'
import { root } from './install.mjs'

/** One built script, with its imports at once and later, its packages and its styles. */
export interface Chunk {
  readonly file: string
  readonly isEntry: boolean
  readonly imports: readonly string[]
  readonly dynamicImports: readonly string[]
  readonly modules: readonly string[]
  /** Style sheets that come with the script. */
  readonly styles: readonly string[]
}

const path = join(root, '.build', 'chunks.json')

/** Notes, outside dist/, the content of each script, for the budgets. */
export function noteChunks(): Plugin {
  return {
    name: 'scatterhoard-chunks',
    apply: 'build',
    async writeBundle(_options, bundle) {
      const chunks = Object.values(bundle).flatMap((output): Chunk[] => {
        if (output.type !== 'chunk') return []
        const { fileName: file, isEntry, imports, dynamicImports, moduleIds: modules, viteMetadata } = output
        return [{ file, isEntry, imports, dynamicImports, modules, styles: [...(viteMetadata?.importedCss ?? [])] }]
      })
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, JSON.stringify(chunks, null, 1))
    },
  }
}

/** Returns the notes of the last build. */
export async function readChunks(): Promise<readonly Chunk[]> {
  return JSON.parse(await readFile(path, 'utf8'))
}
