import axe from 'axe-core'
import { createRoot, type Root } from 'react-dom/client'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import type { DeviceView } from '../../peer/api/device-view.ts'
import type { RestoreView } from '../../peer/api/restore-view.ts'
import '../look/index.css'
import { ShellProvider, type Shell } from '../shell.tsx'
import { RestoreDialog } from './restore-dialog.tsx'

const right = 'abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about'
const now = 10 * 86_400_000
const devices = [
  { id: '1', label: 'Amber Otter', engine: 'chromium', isThis: false, changedAt: now - 3 * 86_400_000 },
  { id: '2', label: 'Laptop', engine: 'firefox', isThis: false },
] as const
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
  delete document.documentElement.dataset['theme']
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
  expect(page.getByText(/Do you still have/).elements()).toHaveLength(0)
  await page.getByRole('button', { name: 'See your files' }).click()
  expect(calls).toEqual(['see'])
})

test('[VLT24] once it is done it asks for the other devices; unless the person says that one is lost, nothing is removed', async () => {
  draw({ is: 'done' }, devices)
  await expect.element(page.getByRole('heading', { name: 'Do you still have these devices?' })).toBeVisible()
  expect(
    page
      .getByRole('listitem')
      .elements()
      .map((item) => item.textContent),
  ).toEqual([
    expect.stringMatching(/^Amber Otter.*Last change 3 days ago, Chromium/),
    expect.stringMatching(/^Laptop.*No change yet, Firefox/),
  ])
  for (const { label } of devices) {
    const answers = page.getByRole('radiogroup', { name: label })
    await expect.element(answers.getByRole('radio', { name: 'I have it' })).toBeChecked()
  }
  expect(await violations()).toEqual([])
  await page.getByRole('button', { name: 'See your files', exact: true }).click()
  await page.getByRole('button', { name: 'Close' }).click()
  expect(calls).toEqual(['see', 'cancel'])
})

test('[VLT24] a device is marked as lost, and as not lost, by keyboard alone', async () => {
  draw({ is: 'done' }, devices)
  const lost = page.getByRole('radiogroup', { name: 'Laptop' }).getByRole('radio', { name: 'It is lost' })
  const had = page.getByRole('radiogroup', { name: 'Laptop' }).getByRole('radio', { name: 'I have it' })
  await userEvent.keyboard('{Tab}{Tab}')
  await expect.element(had).toHaveFocus()
  await userEvent.keyboard('{ArrowRight}')
  await expect.element(lost).toBeChecked()
  await expect.element(page.getByText(/can still read what it knows of your files/)).toBeVisible()
  expect(await violations()).toEqual([])
  await userEvent.keyboard('{ArrowLeft}')
  await expect.element(had).toBeChecked()
  await userEvent.keyboard('{ArrowRight}{Tab}')
  await expect.element(page.getByRole('button', { name: 'Remove and see your files' })).toHaveFocus()
  await userEvent.keyboard('{Enter}')
  expect(calls).toEqual(['see without Laptop'])
})

test('[VLT33] where files are under other words it says what becomes of them, and why it cannot be yet', async () => {
  draw(undefined, [], 3)
  await expect.element(page.getByText(/^3 files in this browser come along, in a folder “From this device”/)).toBeVisible()
  expect(await violations()).toEqual([])
  draw(undefined, [], 0)
  await expect.poll(() => page.getByText(/come along/).elements().length).toBe(0)
  draw({ is: 'failed', trouble: { code: 'words-invalid', facts: { reason: 'files-not-ready' } } }, [], 3)
  await expect.poll(() => page.getByRole('alert').element().textContent).toMatch(/^Not all files of this browser can come along yet/)
  expect(await violations()).toEqual([])
  draw({ is: 'failed', trouble: { code: 'words-invalid', facts: {} } })
  await expect.poll(() => page.getByRole('alert').element().textContent).toMatch(/^These are not recovery words/)
})

test.each(['light', 'dark'])('the question for devices fits 360 px, %s', async (theme) => {
  document.documentElement.dataset['theme'] = theme
  await page.viewport(360, 800)
  draw({ is: 'done' }, [{ ...devices[0], label: 'Grandmother’s old laptop in the kitchen upstairs' }])
  await expect.element(page.getByRole('heading', { name: 'Do you still have this device?' })).toBeVisible()
  await page.getByRole('radio', { name: 'It is lost' }).click()
  const dialog = page.getByRole('dialog').element()
  expect(dialog.scrollWidth).toBe(dialog.clientWidth)
  expect(await violations()).toEqual([])
})

function draw(view?: RestoreView, others: readonly DeviceView[] = [], files = 0) {
  root.render(
    <ShellProvider shell={shell}>
      <RestoreDialog
        view={view}
        files={files}
        devices={others}
        now={now}
        onRestore={(words) => calls.push(words)}
        onCancel={() => calls.push('cancel')}
        onSee={(lost) => calls.push(['see', ...lost.map(({ label }) => `without ${label}`)].join(' '))}
        onEmpty={() => calls.push('empty')}
      />
    </ShellProvider>,
  )
}

async function violations(): Promise<readonly string[]> {
  const { violations: found } = await axe.run(page.getByRole('dialog').element())
  return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
}
