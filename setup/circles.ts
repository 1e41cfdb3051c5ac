/** Returns one line for each circle of `arrows`, from what imports to what is imported. */
export function circlesOf(arrows: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const state = new Map<string, 'open' | 'done'>()
  const circles: string[] = []
  const walk = (node: string, way: readonly string[]): void => {
    if (state.get(node) === 'done') return
    if (state.get(node) === 'open') {
      circles.push([...way.slice(way.indexOf(node)), node].join(' -> '))
      return
    }
    state.set(node, 'open')
    for (const next of arrows.get(node) ?? []) walk(next, [...way, node])
    state.set(node, 'done')
  }
  for (const node of arrows.keys()) walk(node, [])
  return circles
}
