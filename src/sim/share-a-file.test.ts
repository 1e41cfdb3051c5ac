import { expect, test } from 'vitest'
import { shareAFile } from './share-a-file.ts'

test('the example in README.md runs as it stands: a file that one stores arrives at another', async () => {
  const content = new TextEncoder().encode('Dear reader, this came in pieces.')
  expect(await shareAFile(content)).toEqual(content)
})
