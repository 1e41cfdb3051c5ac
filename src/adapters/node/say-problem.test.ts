import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { HoardError } from '../../core/errors.ts'
import { createNodeFiles } from './node-files.ts'
import { findJsonError, parseJsonOf, readJsonFile } from './read-json.ts'
import { sayProblem } from './say-problem.ts'

let base = ''
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'scatterhoard-say-'))
})
afterEach(() => rm(base, { recursive: true }))

test('a problem of the system is a sentence with the path, not a code', async () => {
  expect(await said(readFile(join(base, 'nothing')))).toBe(`There is no ${join(base, 'nothing')}.`)
  await writeFile(join(base, 'file'), 'x')
  expect(await said(readFile(join(base, 'file', 'inner')))).toBe(`A part of ${join(base, 'file', 'inner')} is a file, not a folder.`)
  const files = createNodeFiles(join(base, 'file'))
  expect(await said(files.open('catalog/log-0', { create: true }))).toContain(join(base, 'file', 'catalog'))
  if (process.platform !== 'win32' && process.getuid?.() !== 0) {
    await chmod(join(base, 'file'), 0o000)
    expect(await said(readFile(join(base, 'file')))).toBe(
      `This program may not use ${join(base, 'file')}: check who owns it and its permissions.`,
    )
  }
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { readonly port: number }
  const second = createServer()
  const busy = new Promise<never>((_resolve, reject) => second.once('error', reject).listen(port, '127.0.0.1'))
  expect(await said(busy)).toBe(`Port ${port} is in use by another program: choose another.`)
  await new Promise((resolve) => server.close(resolve))
})

test('the error of files on a full, read-only or failing disk keeps its path', () => {
  for (const [system, words] of [
    ['ENOSPC', 'The disk of /data/slabs/4096-0 is full'],
    ['EACCES', 'This program may not use /data/slabs/4096-0'],
    ['EROFS', '/data/slabs/4096-0 is on a disk that can only be read'],
    ['EIO', 'The disk cannot read or write /data/slabs/4096-0'],
  ] as const) {
    const cause = Object.assign(new Error(system), { code: system })
    expect(sayProblem(new HoardError('storage-unavailable', { path: '/data/slabs/4096-0', system }, cause))).toContain(words)
  }
})

test('a file that is no JSON is said with the file, line and column', async () => {
  await writeFile(join(base, 'p.json'), '{\n  "a": 1,\n  "b": tru\n}')
  const words = await said(readJsonFile(join(base, 'p.json'), (text) => JSON.parse(text) as unknown))
  expect(words).toBe(`${join(base, 'p.json')} is not JSON: in line 3, column 8, there is "t".`)
  expect(() => parseJsonOf('x', '{"a": [1', JSON.parse)).toThrow('in line 1, column 9, it ends too early')
})

test('where JSON ends to be JSON is found exactly where JSON.parse refuses it', () =>
  fc.assert(
    fc.property(
      fc.json(),
      fc.nat(),
      fc.constantFrom('', '{', '}', '[', ']', ',', ':', '"', 'x', '0', ' ', '\\'),
      fc.nat(3),
      (json, place, sign, cut) => {
        const at = place % (json.length + 1)
        const text = json.slice(0, at) + sign + json.slice(at + cut)
        return (findJsonError(text) === undefined) === isJson(text)
      },
    ),
    { numRuns: 3000 },
  ))

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

async function said(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'nothing went wrong',
    (error: unknown) => sayProblem(error),
  )
}
