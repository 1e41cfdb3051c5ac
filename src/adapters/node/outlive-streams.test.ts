import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'

const module = new URL('outlive-streams.ts', import.meta.url).href

/** Runs a program that throws `error` in an event of its own, and then goes on for a moment. */
function programThat(throws: string) {
  const lines = [
    `import { outliveClosingStreams } from ${JSON.stringify(module)}`,
    'outliveClosingStreams()',
    `setImmediate(() => { ${throws} })`,
    "setTimeout(() => console.log('went on'), 50)",
  ]
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', lines.join('\n')], { encoding: 'utf8' })
  return { status, stdout: stdout.trim(), stderr }
}

test('a program goes on when a connection through a neighbour closes while it is written to', () => {
  const thrown = "throw Object.assign(new Error('Cannot write to a stream that is closing'), { name: 'StreamStateError' })"
  expect(programThat(thrown)).toEqual({ status: 0, stdout: 'went on', stderr: '' })
})

test.each(["throw new Error('a fault of its own')", "Promise.reject(new Error('a fault of its own'))"])(
  '%s ends a program with 1 and is said',
  (thrown) => {
    const { status, stdout, stderr } = programThat(thrown)
    expect([status, stdout]).toEqual([1, ''])
    expect(stderr).toContain('a fault of its own')
  },
)
