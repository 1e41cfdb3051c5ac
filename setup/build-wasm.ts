import { createHash, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { root } from './install.mjs'

const source = 'workers/wasm/combine.ts'
const target = 'workers/wasm/built/combine.ts'
/** Options of each build, by the name of its export. Programs without relaxed SIMD refuse the relaxed one and take the fixed one. */
const builds = { fixed: ['simd'], relaxed: ['simd', 'relaxed-simd'] }
const options = ['-O3', '--noAssert', '--runtime', 'stub', '--importMemory']

/**
 * Compiles the AssemblyScript sources and writes them as a module of base64 texts, unless it is up to date. Throws what the compiler says.
 */
export async function buildWasm(): Promise<void> {
  const stamp = `// ${stampOf()}\n`
  const present = await readFile(join(root, target), 'utf8').catch(() => '')
  if (present.startsWith(stamp)) return
  const { main } = await import('assemblyscript/asc')
  const modules: string[] = []
  for (const [name, features] of Object.entries(builds)) {
    let binary: Uint8Array | undefined
    const enabled = features.flatMap((feature) => ['--enable', feature])
    let complaints = ''
    const { error } = await main([source, '--baseDir', root, '--outFile', 'combine.wasm', ...options, ...enabled], {
      stderr: { write: (text: string | Uint8Array) => (complaints += String(text)) },
      writeFile: (_name, contents) => {
        if (typeof contents !== 'string') binary = contents
      },
    })
    if (error !== null || binary === undefined) throw new Error(`${source} does not compile\n${complaints}`, { cause: error })
    modules.push(`export const ${name} = '${Buffer.from(binary).toString('base64')}'\n`)
  }
  // Two commands may build at once: each replaces the file as a whole.
  const whole = join(root, dirname(target), randomUUID())
  await mkdir(dirname(whole), { recursive: true })
  await writeFile(whole, `${stamp}// Built from ${source}: WebAssembly in base64.\n${modules.join('')}`)
  await rename(whole, join(root, target))
}

function stampOf(): string {
  const { version } = JSON.parse(readFileSync(join(root, 'node_modules/assemblyscript/package.json'), 'utf8')) as { version: string }
  const facts = [version, JSON.stringify([builds, options]), readFileSync(join(root, source), 'utf8')]
  return createHash('sha256').update(facts.join('\0')).digest('hex')
}

if (import.meta.main) await buildWasm()
