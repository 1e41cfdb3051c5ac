import type { Locator, Page } from 'playwright'

/** Sizes from wide to narrow, turned, and back. */
const sizes = [
  [1280, 900],
  [320, 640],
  [360, 640],
  [740, 360],
  [768, 1024],
  [940, 800],
  [1100, 800],
  [360, 640],
  [640, 360],
  [1280, 900],
] as const

/** Longer than anything on the page takes to come or go. Milliseconds. */
const SETTLE_MS = 1_000

/** Returns the faults of a page at every size, each with `what` as its name. */
export async function faultsAtEverySize(page: Page, what: string): Promise<readonly string[]> {
  const found: string[] = []
  for (const [width, height] of sizes) {
    await page.setViewportSize({ width, height })
    for (const fault of await lastingFaults(page)) found.push(`${what}, ${width} x ${height}: ${fault}`)
  }
  return found
}

/** Returns the faults that a second look finds as well: a row or a notice that comes or goes is drawn over others for a moment. */
async function lastingFaults(page: Page): Promise<readonly string[]> {
  const first = await layoutFaults(page)
  if (first.length === 0) return first
  await page.waitForTimeout(SETTLE_MS)
  const second = new Set(await layoutFaults(page))
  const passing = first.filter((fault) => !second.has(fault))
  if (passing.length > 0) console.log(`seen for a moment: ${passing.join('; ')}`)
  return first.filter((fault) => second.has(fault))
}

/** Returns the faults at this size: cut content, sideways scrolling, and controls that cannot be pressed. */
async function layoutFaults(page: Page): Promise<readonly string[]> {
  // Wait two frames: the page answers a change of size in the next one.
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))))
  const layout = await page.evaluate(() => {
    const faults: string[] = []
    const root = document.documentElement
    if (root.scrollWidth > window.innerWidth) faults.push(`${root.scrollWidth} px wide`)
    const top = document.querySelector('dialog[open]') ?? document.body
    const isSeen = (each: Element) => each.checkVisibility({ visibilityProperty: true }) && each.closest('.unseen, .rail a > span') === null
    // Content of a line that is shortened with dots takes no room beyond it: check the line itself.
    const isShortened = (each: Element) => {
      for (let above = each.parentElement; above !== null; above = above.parentElement) {
        const { textOverflow, overflowX } = getComputedStyle(above)
        if (textOverflow === 'ellipsis' && overflowX !== 'visible') return true
      }
      return false
    }
    for (const each of top.querySelectorAll('*')) {
      const box = each.getBoundingClientRect()
      if (!isSeen(each) || box.width === 0 || each.closest('svg') !== null || isShortened(each)) continue
      const scrolls = each.closest('.scrolls')
      if (scrolls === null && (box.right > window.innerWidth + 1 || box.left < -1))
        faults.push(`${each.tagName}.${each.className} at ${box.left} to ${box.right}`)
    }
    for (const name of top.querySelectorAll('[role=row] .name b')) {
      if (name.getBoundingClientRect().width < 100) faults.push(`a name ${name.getBoundingClientRect().width} px wide`)
    }
    // Text may be shortened where a title, a tooltip or a field shows all of it.
    for (const each of top.querySelectorAll('b, p, h1, h2, small, dt, dd, td, th, button, a, label')) {
      if (!isSeen(each) || each.closest('[title], .search, .name, .scrolls, summary') !== null || each.querySelector('input') !== null)
        continue
      if (each.scrollWidth > each.clientWidth + 1 && getComputedStyle(each).display !== 'inline') faults.push(`cut: ${each.textContent}`)
    }
    return faults
  })
  const controls = page.locator('dialog[open]').or(page.locator('body:not(:has(dialog[open]))')).locator('button, a, input, summary')
  return [...layout, ...(await coveredOf(controls))]
}

/** Returns the `controls` that something else covers once they are scrolled into view. */
function coveredOf(controls: Locator): Promise<readonly string[]> {
  return controls.evaluateAll((all) =>
    all.flatMap((control) => {
      const isThere = control.checkVisibility({ opacityProperty: true, visibilityProperty: true }) || control.matches('input[type=file]')
      if (!isThere || control.matches(':disabled') || control.closest('[inert], [hidden]') !== null) return []
      control.scrollIntoView({ block: 'nearest', inline: 'nearest' })
      const { x, y, width, height } = control.getBoundingClientRect()
      const hit = document.elementFromPoint(x + width / 2, y + height / 2)
      if (hit !== null && (control.contains(hit) || hit.contains(control) || control.closest('label')?.contains(hit) === true)) return []
      const what = control.getAttribute('aria-label') ?? control.textContent
      return [
        `${what?.slice(0, 60)} is under ${hit?.className ?? 'nothing'} at ${Math.round(x)}, ${Math.round(y)}, ${Math.round(width)} x ${Math.round(height)}`,
      ]
    }),
  )
}
