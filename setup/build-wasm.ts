import { createHash, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { root } from './install.mjs'

const source = 'workers/wasm/combine.ts'
const target = 'workers/wasm/built/combine.ts'
/** Each build by the name it is exported under. Programs without relaxed SIMD refuse the second one and take the first. */
const builds = { fixed: ['simd'], relaxed: ['simd', 'relaxed-simd'] }
const options = ['-O3', '--noAssert', '--runtime', 'stub', '--importMemory']

/** Compiles what lies in AssemblyScript and writes it as a module of base64 texts, unless that is there already. Throws what the compiler says. */
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
  // Two commands may build at once: each puts its whole file in place.
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
