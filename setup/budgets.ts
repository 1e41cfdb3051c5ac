import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { buildAppIfStale } from './build-app.ts'
import { compressedCopy } from './compress-files.ts'
import { circlesOf } from './circles.ts'
import { readChunks, type Chunk } from './chunk-graph.ts'
import { filesBelow } from './files-below.ts'
import { root } from './install.mjs'

/** Budgets in KiB after gzip: how much a visitor waits for, part by part. */
const budgets: Readonly<Record<string, number>> = {
  shell: 95,
  files: 45,
  tree: 12,
  'coder worker': 40,
  network: 235,
  peer: 100,
  owner: 40,
  guardian: 15,
  leaving: 4,
  care: 5,
  packs: 4,
  acts: 2,
  ending: 4,
  recoding: 6,
  'old vault': 3,
  publishing: 12,
  restoring: 5,
  devices: 2,
  restore: 6,
  'everything else': 90,
  'precache in total': 700,
}

await buildAppIfStale()
const dist = join(root, 'dist')
const files = (await filesBelow(dist)).filter(
  (file) => !compressedCopy.test(file) && !file.startsWith('hosting/') && !/^(?!s\/)[^/]+\/index\.html$/.test(file),
)
const sizes = new Map<string, number>()
for (const file of files) sizes.set(file, gzipSync(await readFile(join(dist, file)), { level: 9 }).length)
const parts: Readonly<Record<string, readonly string[]>> = {
  ...divide(await readChunks(), files),
  'precache in total': files.filter(isKept),
}

let isOver = false
for (const [name, members] of Object.entries(parts)) {
  const kib = members.reduce((sum, file) => sum + (sizes.get(file) ?? 0), 0) / 1024
  const budget = budgets[name] ?? 0
  isOver ||= kib > budget
  console.log(
    `${kib > budget ? 'OVER' : 'ok  '} ${name.padEnd(18)} ${kib.toFixed(1).padStart(6)} of ${budget} KiB  ${members.length} files`,
  )
}
// Chunks in a circle begin before what they need is there, in the built page alone. Those of screens call each other later.
const programs =
  /assets\/(?:peer|owner|guardian|leaving|care|packs|acts|ending|recoding|old-vault|publishing|restoring|network|start-peer)-/
const circles = circlesOf(new Map((await readChunks()).map(({ file, imports }) => [file, imports]))).filter((circle) =>
  programs.test(circle),
)
for (const circle of circles) console.log(`CIRCLE ${circle}`)
process.exitCode = isOver || circles.length > 0 ? 1 : 0

function isKept(file: string): boolean {
  return !['_headers', '404.html', 'network.json', 'service-worker.js'].includes(file)
}

/** Gives every script and style sheet to one part: first the shell, then the scripts that the network needs beside it, then the rest. */
function divide(chunks: readonly Chunk[], all: readonly string[]): Record<string, readonly string[]> {
  const byFile = new Map(chunks.map((chunk) => [chunk.file, chunk]))
  const reach = (starts: readonly string[], seen: ReadonlySet<string>): Set<string> => {
    const reached = new Set<string>()
    const walk = (file: string): void => {
      if (seen.has(file) || reached.has(file)) return
      reached.add(file)
      for (const next of byFile.get(file)?.imports ?? []) walk(next)
    }
    starts.forEach(walk)
    return reached
  }
  const shell = reach(
    chunks.filter((chunk) => chunk.isEntry).map((chunk) => chunk.file),
    new Set(),
  )
  const isNetwork = (chunk: Chunk) => chunk.modules.some((id) => /node_modules\/(@?libp2p)\//.test(id))
  // Parts that are one chunk of the same name.
  const single = Object.fromEntries(
    [
      'peer',
      'owner',
      'guardian',
      'leaving',
      'care',
      'packs',
      'acts',
      'ending',
      'recoding',
      'old-vault',
      'publishing',
      'restoring',
      'restore',
      'files',
      'tree',
      'devices',
    ].map((name) => [name.replace('-', ' '), chunks.filter(({ file }) => file.startsWith(`assets/${name}-`)).map(({ file }) => file)]),
  )
  const network = reach(
    chunks.filter(isNetwork).map((chunk) => chunk.file),
    new Set([...shell, ...(single['peer'] ?? []), ...(single['owner'] ?? [])]),
  )
  const coder = all.filter((file) => /^assets\/coder-[^/]*\.(js|wasm)$/.test(file))
  const named = new Set([...shell, ...Object.values(single).flat(), ...network, ...coder])
  const rest = all.filter((file) => file.endsWith('.js') && !named.has(file) && file !== 'service-worker.js')
  // A sheet of no later script counts with the shell.
  const stylesOf = (scripts: Iterable<string>) => new Set([...scripts].flatMap((file) => byFile.get(file)?.styles ?? []))
  const later = stylesOf([...(single['files'] ?? []), ...(single['tree'] ?? []), ...rest])
  const first = all.filter((file) => file.endsWith('.css') && (!later.has(file) || stylesOf(shell).has(file)))
  const listStyles = [...stylesOf(single['files'] ?? [])].filter((file) => !first.includes(file))
  const treeStyles = [...stylesOf(single['tree'] ?? [])].filter((file) => !first.includes(file) && !listStyles.includes(file))
  const styled = { files: [...(single['files'] ?? []), ...listStyles], tree: [...(single['tree'] ?? []), ...treeStyles] }
  const others = all.filter((file) => file.endsWith('.css') && ![...first, ...listStyles, ...treeStyles].includes(file))
  return {
    shell: [...shell, ...first, 'index.html'],
    'coder worker': coder,
    network: [...network],
    ...single,
    // A visitor waits for a style sheet together with its script.
    ...styled,
    'everything else': [...rest, ...others],
  }
}
