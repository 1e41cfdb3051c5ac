import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { floors } from '../src/floors.ts'

const top = dirname(dirname(fileURLToPath(import.meta.url)))

/** One import upwards for every room of a peer, and one of its top. */
const upwards: readonly (readonly [room: string, above: string])[] = [
  ['files', 'tabs'],
  ['links', 'files'],
  ['recoding', 'links'],
  ['publishing', 'links'],
  ['storing', 'links'],
  ['groups', 'storing'],
  ['repairing', 'groups'],
  ['leaving', 'groups'],
  ['placing', 'groups'],
  ['fetching', 'placing'],
  ['tree', 'groups'],
  ['vault', 'fetching'],
  ['holding', 'fetching'],
  ['checking', 'groups'],
  ['roll', 'holding'],
  ['people', 'vault'],
  ['tabs', 'people'],
  ['api', 'people'],
]

/** One violation each: the path below src, the text, and the expected complaint of the tool. Line 1 is always innocent. */
const plants: readonly (readonly [path: string, text: string, complaint: string])[] = [
  ['core/sees-ports.ts', `import type { Clock } from '../ports/clock.ts'\nexport type A = Clock`, 'core does not see this'],
  ['core/vault/sees-ports.ts', `import type { Random } from '../../ports/random.ts'\nexport type A = Random`, 'core does not see this'],
  ['core/sees-package.ts', `import { createLibp2p } from 'libp2p'\nexport const a = createLibp2p`, 'core does not see this'],
  ['core/sees-node.ts', `import { readFile } from 'node:fs'\nexport const a = readFile`, 'core does not see this'],
  ['ports/sees-protocol.ts', `import { a } from '../protocol/wire.ts'\nexport const b = a`, 'ports does not see this'],
  ['flow/sees-protocol.ts', `import { a } from '../protocol/wire.ts'\nexport const b = a`, 'flow does not see this'],
  ['protocol/sees-peer.ts', `import { a } from '../peer/people/people.ts'\nexport const b = a`, 'protocol does not see this'],
  ...upwards.flatMap(([room, above]) => [
    [`peer/${room}/sees-above.ts`, `import { a } from '../${above}/any.ts'\nexport const b = a`, `peer/${room} does not see this`] as const,
    [`peer/${room}/sees-top.ts`, `import { a } from '../index.ts'\nexport const b = a`, `peer/${room} does not see this`] as const,
    [`peer/${room}/deep/sees-top.ts`, `import { a } from '../../index.ts'\nexport const b = a`, `peer/${room} does not see this`] as const,
  ]),
  ['holder/sees-inside-of-peer.ts', `import { a } from '../peer/people/people.ts'\nexport const b = a`, 'holder does not see this'],
  ['adapters/clock/sees-storage.ts', `import { a } from '../storage/good.ts'\nexport const b = a`, 'adapters/clock does not see this'],
  ['peer/sees-adapter.ts', `import { a } from '../adapters/node/files.ts'\nexport const b = a`, 'peer does not see this'],
  ['peer/sees-ui.ts', `import { a } from '../ui/shell.tsx'\nexport const b = a`, 'peer does not see this'],
  ['ui/sees-value-of-peer.ts', `import { createPeer } from '../peer/index.ts'\nexport const b = createPeer`, 'ui sees only types of peer'],
  ['ui/sees-inside-of-peer.ts', `import type { A } from '../peer/people/people.ts'\nexport type B = A`, 'ui does not see this'],
  ['ui/sees-value-of-ports.ts', `import { a } from '../ports/clock.ts'\nexport const b = a`, 'ui sees only types of ports'],
  ['ui/files/sees-adapter.ts', `import { a } from '../../adapters/browser/disk.ts'\nexport const b = a`, 'ui does not see this'],
  ['adapters/browser/sees-peer.ts', `import { a } from '../../peer/people.ts'\nexport const b = a`, 'adapters/browser does not see this'],
  ['adapters/browser/sees-neighbour.ts', `import { a } from '../libp2p/dial.ts'\nexport const b = a`, 'adapters/browser does not see this'],
  [
    'adapters/libp2p/sees-protocol.ts',
    `import { a } from '../../protocol/wire.ts'\nexport const b = a`,
    'adapters/libp2p does not see this',
  ],
  ['relay/sees-peer.ts', `import { a } from '../peer/people.ts'\nexport const b = a`, 'relay does not see this'],
  ['sim/sees-libp2p.ts', `import { a } from '../adapters/libp2p/dial.ts'\nexport const b = a`, 'sim does not see this'],
  ...['Date.now()', 'setTimeout(() => 1, 1)', 'setInterval(() => 1, 1)', 'crypto.randomUUID()', 'performance.now()'].flatMap((text) =>
    ['core', 'core/vault', 'ports', 'flow', 'protocol', 'peer', 'peer/files', 'ui'].map(
      (room) =>
        [`${room}/uses-${/\w+/.exec(text)?.[0].toLowerCase()}.ts`, `export const a = () => ${text}`, 'no-restricted-globals'] as const,
    ),
  ),
  ['peer/uses-chance.ts', 'export const a = () => Math.random()', 'no-restricted-properties'],
  ['peer/uses-document.ts', 'export const a = () => document.title', 'no-restricted-globals'],
  ['peer/exports-default.ts', 'export default 1', 'no-default-export'],
  ['peer/uses-any.ts', 'export const a = (b: any): unknown => b', 'no-explicit-any'],
  ['peer/floats.ts', 'async function a(): Promise<number> {\n  return 1\n}\nexport function b(): void {\n  a()\n}', 'no-floating-promises'],
  ['peer/cycle-a.ts', `import { b } from './cycle-b.ts'\nexport const a = () => b`, 'no-cycle'],
  ['peer/cycle-b.ts', `import { a } from './cycle-a.ts'\nexport const b = () => a`, 'no-cycle'],
  ['peer/too-long.ts', 'export const a = 1\n'.concat('// one more\n'.repeat(300)), 'max-lines'],
  ['peer/Wrong_name.ts', 'export const a = 1', 'filename-case'],
  ['ui/says-text.tsx', 'export const A = () => <p>All is well</p>', 'jsx-no-literals'],
  ['ui/files/says-string.tsx', "export const A = () => <p>{'All is well'}</p>", 'jsx-no-literals'],
  ['ui/files/says-number.tsx', 'export const A = ({ count }: { count: number }) => <p>{`${count} are well`}</p>', 'jsx-no-literals'],
  ['ui/says-label.tsx', 'export const A = () => <p aria-label="All is well" />', 'jsx-no-literals'],
]

/** Files that the floors allow, so that a fence that refuses everything is noticed too. */
const allowed: readonly (readonly [path: string, text: string])[] = [
  ['core/good.ts', `import { sha256 } from '@noble/hashes/sha2.js'\nimport { b } from './good-too.ts'\nexport const a = [sha256, b]`],
  ['core/good-too.ts', 'export const b = 1'],
  ['peer/good.ts', `import { b } from '../core/good-too.ts'\nimport { c } from '../protocol/good.ts'\nexport const a = [b, c]`],
  ['protocol/good.ts', 'export const c = 1'],
  ['ui/good.ts', `import type { P } from '../peer/index.ts'\nimport { useState } from 'react'\nexport const a = (p: P) => [p, useState]`],
  ['peer/index.ts', 'export interface P {\n  readonly a: number\n}'],
  ['peer/api/any.ts', 'export const a = 1'],
  ['peer/files/good.ts', `import { a } from '../api/any.ts'\nimport { b } from './deep/good.ts'\nexport const c = [a, b]`],
  ['peer/files/deep/good.ts', `import { a } from '../../api/any.ts'\nimport { d } from '../own.ts'\nexport const b = [a, d]`],
  ['peer/files/own.ts', 'export const d = 1'],
  ['ui/good-words.tsx', 'export const A = ({ said }: { said: string }) => <p title={said}>{said}, {said}.</p>'],
  ['ui/files/good.ts', `import { a } from '../good.ts'\nimport type { P } from '../../peer/index.ts'\nexport const b = (p: P) => a(p)`],
  [
    'adapters/browser/good.ts',
    `import { b } from '../../core/good-too.ts'\nimport { s } from '../storage/good.ts'\nexport const a = [b, s, Date.now()]`,
  ],
  ['adapters/storage/good.ts', 'export const s = 1'],
]

test('every room of a peer has a planted violation', () => {
  const rooms = Object.keys(floors).flatMap((room) => /^peer\/(.+)$/.exec(room)?.[1] ?? [])
  expect(upwards.map(([room]) => room).toSorted()).toEqual(rooms.toSorted())
})

let folder = ''
const saidByPath = new Map<string, string[]>()

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scatterhoard-fences-'))
  for (const file of ['floors.ts', 'oxlint.config.ts', 'tsconfig.base.json', 'core/tsconfig.json']) {
    await cp(join(top, 'src', file), join(folder, 'src', file))
  }
  const config = { extends: './tsconfig.base.json', compilerOptions: { lib: ['es2023', 'dom'], types: [] }, include: ['./**/*.ts'] }
  await writeFile(join(folder, 'src/tsconfig.json'), JSON.stringify(config))
  for (const [path, text] of [...plants, ...allowed]) {
    await mkdir(dirname(join(folder, 'src', path)), { recursive: true })
    await writeFile(join(folder, 'src', path), `${text}\n`)
  }
  const oxlint = join(top, 'node_modules/oxlint/bin/oxlint')
  const output = await run([oxlint, '-c', 'src/oxlint.config.ts', '--type-aware', '--format=json', 'src'])
  for (const { filename, code, message, help } of JSON.parse(output).diagnostics) {
    const path = String(filename)
      .replaceAll('\\', '/')
      .replace(/^.*?src\//, '')
    saidByPath.set(path, [...(saidByPath.get(path) ?? []), `${code} ${message} ${help}`])
  }
})

afterAll(() => rm(folder, { recursive: true }))

test.each(plants)('a planted violation is caught: %s', (path, _text, complaint) => {
  expect(saidByPath.get(path)?.join('\n') ?? 'nothing').toContain(complaint)
})

test('nobody complains about files that the table allows', () => {
  expect(allowed.map(([path]) => [path, saidByPath.get(path)])).toEqual(allowed.map(([path]) => [path, undefined]))
})

test.each([
  ['a browser API', 'export const a = () => document.title', 'TS2584'],
  ['a Node API', 'export const a = () => process.pid', 'TS2591'],
  ['a file of another room', `import { c } from '../protocol/good.ts'\nexport const a = c`, 'TS6307'],
])('core does not compile with %s', async (_name, text, code) => {
  const planted = join(folder, 'src/core/planted.ts')
  await writeFile(planted, text)
  // The plants for the other fence lie in the same room: only complaints about this file count.
  const said = (await run([join(top, 'node_modules/typescript/bin/tsc'), '-b', '--force', 'src/core'])).split('\n')
  await rm(planted)
  expect(said.filter((line) => line.startsWith('src/core/planted.ts')).join('\n')).toContain(code)
})

/** Returns the output of a tool, which fails when it finds something: for these tests that is a success. */
function run(args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(process.execPath, [...args], { cwd: folder, maxBuffer: 64 << 20 }, (_error, stdout) => resolve(stdout))
  })
}
