import axe from 'axe-core'
import { createRoot, type Root } from 'react-dom/client'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import type { RestoreView } from '../../peer/api/restore-view.ts'
import '../look/index.css'
import { ShellProvider, type Shell } from '../shell.tsx'
import { RestoreDialog } from './restore-dialog.tsx'

const right = 'abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about'
const shell = { sheets: { open: () => () => undefined } } as unknown as Shell
let root: Root
let calls: string[]

beforeEach(() => {
  calls = []
  root = createRoot(document.body.appendChild(document.createElement('div')))
})
afterEach(() => {
  root.unmount()
  document.body.replaceChildren()
})

const field = () => page.getByRole('textbox', { name: 'Recovery words, in order' })

test('[WRD5] a slip is marked with the nearest three; the chosen one takes its place, by keyboard alone', async () => {
  draw()
  await field().fill(right.replace('about', 'abuot').replaceAll(' ', ', '))
  await userEvent.keyboard('{Tab}')
  await expect.element(page.getByText(/Word 12/)).toBeVisible()
  expect(page.getByRole('button', { name: /^Use .* as word 12$/ }).elements()).toHaveLength(3)
  expect(await violations()).toEqual([])
  page.getByRole('button', { name: 'Use about as word 12' }).element().focus()
  await userEvent.keyboard('{Enter}')
  await expect.element(field()).toHaveValue(right)
  await expect.element(field()).toHaveFocus()
  expect(calls).toEqual([])
  await page.getByRole('button', { name: 'Restore', exact: true }).click()
  expect(calls).toEqual([right])
})

test.each([
  [
    'numbered and in capitals',
    right
      .toUpperCase()
      .split(' ')
      .map((word, at) => `${at + 1}. ${word}`)
      .join('\n'),
    [right],
    '',
  ],
  ['in another order', `about ${right.slice(0, -6)}`, [], /A word is wrong, or their order is/],
  ['too few', right.slice(0, -6), [], /These are 11 words/],
  [
    'in another language',
    'abaisser abdiquer abeille abolir aborder aboutir aboyer abrasif abreuver abriter abroger abrupt',
    [],
    /are English/,
  ],
])('[WRD5] words %s', async (_, text, restored, said) => {
  draw()
  await field().fill(text)
  await page.getByRole('button', { name: 'Restore', exact: true }).click()
  expect(calls).toEqual(restored)
  await expect.poll(() => page.getByRole('alert').element().textContent).toMatch(said)
})

test('what a password manager fills in is taken', async () => {
  draw()
  await page.getByLabelText('Or let your password manager fill them in').fill(right)
  await expect.element(field()).toHaveValue(right)
  await userEvent.keyboard('{Enter}')
  expect(calls).toEqual([right])
})

test('while nobody has the list it goes on looking, and opens an empty one only when told to', async () => {
  draw({ is: 'looking', sinceMs: 180_000, people: 3 })
  await expect
    .poll(() => page.getByRole('status').element().textContent)
    .toMatch(/3 people are here, looking for 3 min\. Nobody here has it yet\./)
  expect(await violations()).toEqual([])
  expect(calls).toEqual([])
  await page.getByRole('button', { name: 'Open an empty list anyway' }).click()
  await page.getByRole('button', { name: 'Cancel' }).click()
  expect(calls).toEqual(['empty', 'cancel'])
})

test('what is found is told, and then that it is done', async () => {
  draw({ is: 'found', files: 200, changedAt: new Date(2026, 4, 20, 12).getTime(), device: 'Laptop' })
  await expect.poll(() => page.getByRole('status').element().textContent).toMatch(/200 files, last changed on 20 May 2026 by/)
  expect(page.getByRole('button', { name: 'Open an empty list anyway' }).elements()).toHaveLength(0)
  draw({ is: 'done' })
  await page.getByRole('button', { name: 'See your files' }).click()
  expect(calls).toEqual(['cancel'])
})

function draw(view?: RestoreView) {
  root.render(
    <ShellProvider shell={shell}>
      <RestoreDialog
        view={view}
        onRestore={(words) => calls.push(words)}
        onCancel={() => calls.push('cancel')}
        onEmpty={() => calls.push('empty')}
      />
    </ShellProvider>,
  )
}

async function violations(): Promise<readonly string[]> {
  const { violations: found } = await axe.run(page.getByRole('dialog').element())
  return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
}
