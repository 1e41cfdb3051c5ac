import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { filesBelow } from './files-below.ts'
import { root } from './install.mjs'

const stampPath = join(root, '.build', 'dist.stamp')
const sourceFolders = ['src', 'workers', 'public', 'setup']
const sourceFiles = ['index.html', 'vite.config.ts', 'package-lock.json']

/** Tells whether dist/ was built from the present sources. */
export async function isBuilt(): Promise<boolean> {
  if (!existsSync(join(root, 'dist', 'index.html')) || !existsSync(stampPath)) return false
  return (await readFile(stampPath, 'utf8')) === (await digestOfSources())
}

/** Notes that dist/ was built from the present sources. */
export async function rememberBuild(): Promise<void> {
  await mkdir(dirname(stampPath), { recursive: true })
  await writeFile(stampPath, await digestOfSources())
}

async function digestOfSources(): Promise<string> {
  const found = await Promise.all(
    sourceFolders.map(async (folder) => (await filesBelow(join(root, folder))).map((path) => `${folder}/${path}`)),
  )
  const digest = createHash('sha256')
  for (const path of [...found.flat(), ...sourceFiles].filter(
    (each) => !/\.(test|contract|rig|bench)\.tsx?$|\.md$|^src\/sim\//.test(each),
  )) {
    digest
      .update(`${path}\0`)
      .update(await readFile(join(root, path)))
      .update('\0')
  }
  return digest.digest('hex')
}
