import { expect, test } from 'vitest'
import { whyNotBuilt } from './install.mjs'

test('a checkout in a folder that the bundler cannot read says which sign of its path is in the way', () => {
  expect(whyNotBuilt('/home/me/a #1/hoard')).toBe(
    'The app cannot be built in /home/me/a #1/hoard: the bundler cannot read a path with "#" in it. Move or rename the folder and try again.',
  )
  expect(whyNotBuilt('/home/me/what?')).toContain('"?"')
  for (const folder of ['/home/me/100% sure', '/home/me/per%20cent', 'C:\\Users\\Jürgen [x] {y} (z)'])
    expect(whyNotBuilt(folder)).toBeUndefined()
})
